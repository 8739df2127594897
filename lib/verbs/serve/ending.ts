import { endRequests, ignoredSignals } from "../../platform/ending-signals.ts";

/** The last one is that of a terminal that is closed. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** When a server shall end. */
export interface Ending {
  /** Takes nothing new: the first signal. */
  stop: AbortSignal;
  /** At once: the second. */
  kill: AbortSignal;
  /** Listens no more. */
  end(): void;
}

/** Ends a server by a first signal, once what it has is answered; by a second one at once. */
export async function watchEnding(): Promise<Ending> {
  const signals = endRequests(SIGNALS, await ignoredSignals());
  const stop = new AbortController();
  const kill = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) kill.abort();
    else stop.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    kill: kill.signal,
    end() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
