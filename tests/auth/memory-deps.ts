// What authorization is given from outside, in memory and with a clock that the test sets.

import type { AuthState } from "../../lib/auth/credentials.ts";
import type { AuthDeps } from "../../lib/auth/deps.ts";

export interface MemoryDeps {
  deps: AuthDeps;
  state(): AuthState;
  /** Moves the clock. */
  pass(ms: number): void;
  logged: string[];
}

/** @param clock in ms since the epoch; the machine's own unless given */
export function memoryDeps(more: Partial<AuthDeps> = {}, clock: () => number = Date.now): MemoryDeps {
  let state: AuthState = {};
  let offsetMs = 0;
  let turn: Promise<unknown> = Promise.resolve();
  const logged: string[] = [];
  const deps: AuthDeps = {
    fetch,
    now: () => clock() + offsetMs,
    env: {},
    // As from the store: never the same object twice.
    read: async () => structuredClone(state),
    write: async (change) => {
      state = structuredClone(change(structuredClone(state)));
    },
    withLock: (work) => {
      const mine = turn.then(work, work);
      turn = mine.catch(() => {});
      return mine;
    },
    timeoutMs: 5000,
    allowHttp: [],
    log: (line) => void logged.push(line),
    ...more,
  };
  return {
    deps,
    state: () => state,
    pass: (ms) => {
      offsetMs += ms;
    },
    logged,
  };
}
