import type { SignalExit } from "../../failure.ts";
import { type ConsoleSignal, endBy, endRequests, ignoredSignals } from "../../platform/ending-signals.ts";
import { startTimer } from "../../timing/timer.ts";
import { interrupted } from "../errors.ts";

/** Signals with which a caller says that it has done waiting. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type LeavingSignal = (typeof SIGNALS)[number] | ConsoleSignal;
/** As a shell shows them. */
const EXITS: Record<LeavingSignal, SignalExit> = { SIGHUP: 129, SIGINT: 130, SIGBREAK: 130, SIGTERM: 143 };

/** How long the server is told, and everything is closed, before a signal has its way, in ms. */
const GRACE_MS = 3000;

/** When a caller gives up. */
export interface Leaving {
  /** Aborted with the failure to end with. */
  gone: AbortSignal;
  /** As if this signal had come. */
  leave(signal: LeavingSignal): void;
  /** Something has come of the server: it is reached. */
  heard(): void;
  /** Signals have their usual effect again. */
  end(): void;
}

/** Lets the first signal be told to the server; a second one, or a server that hears nothing, ends us at once. */
export async function watchLeaving(): Promise<Leaving> {
  const gone = new AbortController();
  let isHeard = false;
  const signals = endRequests(SIGNALS, await ignoredSignals());
  const now = (signal: LeavingSignal) => {
    end();
    endBy(signal);
  };
  function leave(signal: LeavingSignal): void {
    if (gone.signal.aborted) {
      now(signal);
      return;
    }
    startTimer(GRACE_MS, () => now(signal)).keepAlive(false);
    gone.abort(interrupted(signal, EXITS[signal], isHeard));
  }
  function end(): void {
    for (const signal of signals) process.off(signal, leave);
  }
  for (const signal of signals) process.on(signal, leave);
  const heard = () => {
    isHeard = true;
  };
  return { gone: gone.signal, leave, heard, end };
}
