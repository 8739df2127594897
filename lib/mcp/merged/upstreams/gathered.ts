import { startTimer } from "../../../timing/timer.ts";

/** What asking one of several servers came to. */
export type Outcome<T> =
  | { kind: "done"; value: T }
  | { kind: "failed"; error: unknown }
  /** Others have answered, and this one was not waited for any longer. */
  | { kind: "late" };

/**
 * What several servers answer: all of them, or those that did so by `graceMs`, once one has. One that is slow must not hold
 * up the others.
 */
export function gathered<T>(
  works: ReadonlyMap<string, Promise<T>>,
  graceMs: number,
): Promise<Map<string, Outcome<T>>> {
  const outcomes = new Map<string, Outcome<T>>();
  for (const server of works.keys()) outcomes.set(server, { kind: "late" });
  if (works.size === 0) return Promise.resolve(outcomes);
  return new Promise((resolve) => {
    let open = works.size;
    let isOverdue = false;
    const look = () => {
      const isAnswered = [...outcomes.values()].some(({ kind }) => kind === "done");
      if (open > 0 && !(isOverdue && isAnswered)) return;
      timer.stop();
      resolve(new Map(outcomes));
    };
    const timer = startTimer(graceMs, () => {
      isOverdue = true;
      look();
    });
    const settle = (server: string, outcome: Outcome<T>) => {
      outcomes.set(server, outcome);
      open--;
      look();
    };
    for (const [server, work] of works)
      work.then(
        (value) => settle(server, { kind: "done", value }),
        (error: unknown) => settle(server, { kind: "failed", error }),
      );
  });
}
