import type { Id } from "./message.ts";

/**
 * The account of requests read and answers written: each id is answered exactly once, whatever the road to the
 * server does. A cancelled request counts as settled: MCP wants no answer to it.
 */
export interface Ledger {
  /** A request was read. False when its id is that of one under way, which must stay the only one. */
  open(id: Id): boolean;
  /** An answer is at hand: true when it is owed, and then no more. */
  settle(id: Id): boolean;
  owes(id: Id): boolean;
  /** Ids still owed an answer. */
  owed(): Id[];
  /** Resolves once nothing is owed, at once or later. */
  allSettled(): Promise<void>;
}

export function createLedger(): Ledger {
  const open = new Set<Id>();
  let waiting: (() => void)[] = [];
  return {
    open(id) {
      if (open.has(id)) return false;
      open.add(id);
      return true;
    },
    settle(id) {
      if (!open.delete(id)) return false;
      if (open.size === 0) {
        for (const resolve of waiting) resolve();
        waiting = [];
      }
      return true;
    },
    owes: (id) => open.has(id),
    owed: () => [...open],
    allSettled: () =>
      open.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve)),
  };
}
