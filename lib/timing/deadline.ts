/** How many times the idle timeout a request may take in all, whatever is heard meanwhile. */
const TIMES = 6;
/** Longest time a timer can run, in ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Longest time a request may take in all, in ms, for an idle timeout in ms. */
export const deadlineMs = (timeoutMs: number) => Math.min(TIMES * timeoutMs, LONGEST_MS);

/**
 * Waits for `work`, `limitMs` at most (MCP 2025-11-25 "Timeouts": a maximum, regardless of progress).
 *
 * @param late called when the time is over; makes the error that is thrown
 */
export async function withDeadline<T>(work: Promise<T>, limitMs: number, late: () => Error): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  // What comes after the time is over has nobody to hear it.
  work.catch(() => {});
  return Promise.race([work, over]).finally(() => clearTimeout(timer));
}
