import type { Id } from "./messages.ts";

/**
 * The account of requests read and answers written: each id is answered exactly once, whatever the road to the
 * server does. A cancelled request counts as settled: MCP wants no answer to it.
 */
export interface Ledger {
  /** A request was read. */
  open(id: Id): void;
  /** An answer is at hand: true when it is owed, and then no more. */
  settle(id: Id): boolean;
  owes(id: Id): boolean;
  /** Ids still owed an answer. */
  owed(): Id[];
  /** Resolves once nothing is owed, at once or later. */
  allSettled(): Promise<void>;
}

export function createLedger(): Ledger {
  const counts = new Map<Id, number>();
  let waiting: (() => void)[] = [];
  return {
    open(id) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
    },
    settle(id) {
      const count = counts.get(id);
      if (count === undefined) return false;
      if (count > 1) counts.set(id, count - 1);
      else counts.delete(id);
      if (counts.size === 0) {
        for (const resolve of waiting) resolve();
        waiting = [];
      }
      return true;
    },
    owes: (id) => counts.has(id),
    owed: () => [...counts].flatMap(([id, count]) => Array<Id>(count).fill(id)),
    allSettled: () =>
      counts.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => void waiting.push(resolve)),
  };
}
