import { startTimer } from "../../../timing/timer.ts";

/** How long a server is waited for that still owes an answer, in ms. */
const SLOW_MS = 500;

/** What asking one of several servers came to. */
export type Outcome<T> =
  | { kind: "done"; value: T }
  | { kind: "failed"; error: unknown }
  /** Others have answered, and this one was not waited for any longer. */
  | { kind: "late" };

/**
 * What several servers answer: all of them, or those that did so by `graceMs`, once one has. One that is slow must not hold
 * up the others.
 *
 * @param slow servers that were too slow before, and still owe an answer: these are waited for 500 ms at most
 */
export function gathered<T>(
  works: ReadonlyMap<string, Promise<T>>,
  graceMs: number,
  slow: ReadonlySet<string> = new Set(),
): Promise<Map<string, Outcome<T>>> {
  const outcomes = new Map<string, Outcome<T>>();
  for (const server of works.keys()) outcomes.set(server, { kind: "late" });
  if (works.size === 0) return Promise.resolve(outcomes);
  return new Promise((resolve) => {
    const open = new Set(works.keys());
    let isOverdue = false;
    let isSlowOver = false;
    const look = () => {
      const isAnswered = [...outcomes.values()].some(({ kind }) => kind === "done");
      const isWaitedFor = isSlowOver ? [...open].some((server) => !slow.has(server)) : open.size > 0;
      if (open.size > 0 && !(isAnswered && (isOverdue || !isWaitedFor))) return;
      timer.stop();
      slowTimer.stop();
      resolve(new Map(outcomes));
    };
    const timer = startTimer(graceMs, () => {
      isOverdue = true;
      look();
    });
    const slowTimer = startTimer(SLOW_MS, () => {
      isSlowOver = true;
      look();
    });
    const settle = (server: string, outcome: Outcome<T>) => {
      outcomes.set(server, outcome);
      open.delete(server);
      look();
    };
    for (const [server, work] of works)
      work.then(
        (value) => settle(server, { kind: "done", value }),
        (error: unknown) => settle(server, { kind: "failed", error }),
      );
  });
}
