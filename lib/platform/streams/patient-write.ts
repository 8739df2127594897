import type { FileSink } from "./file-sink.ts";
import type { WriteBytes } from "./sink.ts";

/** Pieces that any socket takes, though nobody reads. */
const FIRST = 16;
const WRITTEN = Promise.resolve();
const STDERR = 2;

/**
 * Writes to stderr that do not hold up this process. Bun's plain write to a socket, which is what Node's `spawn` and journald
 * give, waits for its reader with all that is done here, answers and signals. Its sinks do not; but whoever shares the stream
 * finds it changed (O_NONBLOCK), so that one is taken where there is a socket, and much is written.
 *
 * @param write the plain write
 * @param open opens a sink for the same stream
 */
export function patientWrite(write: WriteBytes, open: () => FileSink): WriteBytes {
  let count = 0;
  let sink: FileSink | undefined;
  return (bytes) => {
    if (++count === FIRST && isSocket()) sink = open();
    return sink ? flushed(sink, bytes) : write(bytes);
  };
}

function isSocket(): boolean {
  try {
    return process.getBuiltinModule("node:fs").fstatSync(STDERR).isSocket();
  } catch {
    return false;
  }
}

/** Rejects with the system's error. */
function flushed(sink: FileSink, bytes: Uint8Array): Promise<unknown> {
  try {
    const outcomes = [sink.write(bytes), sink.flush()];
    return outcomes.some((one) => one instanceof Promise) ? Promise.all(outcomes) : WRITTEN;
  } catch (error) {
    return Promise.reject(error);
  }
}
