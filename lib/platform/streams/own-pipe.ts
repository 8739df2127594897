const STDOUT = 1;
/** stdout by another description of the same pipe; Linux alone opens one. */
const ANEW = "/proc/self/fd/1";

/**
 * A pipe is shared with the programs around this one, and so is what Bun's sink changes of it (O_NONBLOCK): what they then
 * write while its reader is slow gets lost (EAGAIN). What is opened anew is this process's alone.
 *
 * @returns the descriptor; undefined where stdout is no pipe, or cannot be opened
 */
export function ownPipe(): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const { constants, fstatSync, openSync } = process.getBuiltinModule("node:fs");
    if (!fstatSync(STDOUT).isFIFO()) return undefined;
    // Without O_NONBLOCK, a pipe waits for its reader.
    return openSync(ANEW, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // Its reader has gone, it belongs to somebody else, or there is no /proc.
    return undefined;
  }
}
