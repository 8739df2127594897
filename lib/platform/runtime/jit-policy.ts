interface Bun {
  unsafe: { setJITPolicy?(scale: number): void };
}

/** Messages after which a process is no longer starting: what it does from then on, it does often. */
const STARTING = 32;
/** One message of this size is work enough for compiling to pay, in bytes. */
const LONG_BYTES = 64 * 1024;

/**
 * The executable starts with code interpreted for longer (`jitPolicy` in `.ci/compile.ts`): most processes are over, or
 * at rest, before compiling pays. Past the first messages, or a long one, the runtime's own measure holds again.
 *
 * @param done called with the size of each message that is done, in bytes
 * @returns to be called in its place
 */
export function compilingAfterStart(done: (bytes: number) => void): (bytes: number) => void {
  let left = STARTING;
  return (bytes) => {
    if (left > 0) {
      left = bytes >= LONG_BYTES ? 0 : left - 1;
      if (left === 0) (globalThis as { Bun?: Bun }).Bun?.unsafe.setJITPolicy?.(1);
    }
    done(bytes);
  };
}
