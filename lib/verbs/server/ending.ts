import { endRequests, ignoredSignals } from "../../platform/ending-signals.ts";
import { watchParent } from "../../platform/programs/parent-watch.ts";

/** What was being answered when a signal came may still be answered, for this long, in ms: the host has done waiting. */
const GRACE_MS = 3000;
/** How often is looked whether the host is still there, while nothing else would tell, in ms. */
const LOOK_MS = 250;
/** The last one is that of a terminal that is closed, with the host in it. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** When a bridge shall end. */
export interface Ending {
  /** As at the end of the input: what is under way is still answered. */
  stop: AbortSignal;
  /** At once. */
  kill: AbortSignal;
  /** The input is read from now on, and tells by its end that the host may be gone. */
  opened(): void;
  /** The input has ended: from now on nothing tells but looking. */
  inputEnded(): void;
  /** Listens no more. */
  end(): void;
}

/**
 * Ends a bridge by a first signal, and soon after it or by a second one for good; and where the host that started it has
 * died, since then nobody reads what is answered. A pipe of a shell that is still read gets its answers.
 */
export async function watchEnding(): Promise<Ending> {
  const isHostGone = watchParent();
  const stop = new AbortController();
  const kill = new AbortController();
  const signals = endRequests(SIGNALS, await ignoredSignals());
  let grace: ReturnType<typeof setTimeout> | undefined;
  let look: ReturnType<typeof setInterval> | undefined;

  const watchHost = () => {
    look ??= setInterval(() => {
      if (isHostGone()) kill.abort();
    }, LOOK_MS).unref();
  };
  const onSignal = () => {
    if (stop.signal.aborted) kill.abort();
    grace ??= setTimeout(() => kill.abort(), GRACE_MS).unref();
    stop.abort();
    watchHost();
  };
  for (const signal of signals) process.on(signal, onSignal);
  watchHost();
  return {
    stop: stop.signal,
    kill: kill.signal,
    opened() {
      // A bridge at rest wakes up for nobody.
      clearInterval(look);
      look = undefined;
      if (stop.signal.aborted) watchHost();
    },
    inputEnded: watchHost,
    end() {
      clearTimeout(grace);
      clearInterval(look);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
