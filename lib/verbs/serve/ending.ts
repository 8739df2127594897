import { endRequests, isHangUpIgnored } from "../../platform/ending-signals.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** A terminal that is closed. */
const HANG_UP = "SIGHUP";

/** When a server shall end. */
export interface Ending {
  /** Takes nothing new: the first signal. */
  stop: AbortSignal;
  /** At once: the second. */
  kill: AbortSignal;
  /** Listens no more. */
  end(): void;
}

export function watchEnding(): Ending {
  const signals = endRequests(isHangUpIgnored() ? SIGNALS : [...SIGNALS, HANG_UP]);
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
