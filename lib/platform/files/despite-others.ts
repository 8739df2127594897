import { codeOf } from "../error-code.ts";

/** What Windows says of a file that another program has open for a moment: virus scanners, indexers, readers of it. */
const HELD = ["EBUSY", "EPERM", "EACCES"];
const TRIES = 6;
const WAIT_MS = 50;

/** Whether this may be so because another program has the file, which passes. */
const isHeldByOther = (error: unknown, platform: string): boolean =>
  platform === "win32" && HELD.includes(codeOf(error));

/**
 * Does something with a file, again while Windows says that another program has it: for 0.75 s at most. Elsewhere such an
 * answer is the last word.
 *
 * @param work may be done again where it failed
 * @throws what `work` throws
 */
export async function despiteOthers<T>(
  work: () => Promise<T>,
  platform: string = process.platform,
): Promise<T> {
  for (let count = 1; ; count++) {
    try {
      return await work();
    } catch (error) {
      if (count === TRIES || !isHeldByOther(error, platform)) throw error;
      await new Promise((wake) => setTimeout(wake, WAIT_MS * count));
    }
  }
}
