import type { Readable, Writable } from "node:stream";
import { createLineSplitter, type Line } from "./lines.ts";

/**
 * The lines of a stream, until it ends or `signal` fires (MCP stdio transport).
 * A read error counts as the end: the peer is gone either way.
 */
export async function* readLines(input: Readable, signal: AbortSignal): AsyncGenerator<Line> {
  const splitter = createLineSplitter();
  // Ending the stream ends the loop; a race with the signal would pile up reactions, one for each chunk.
  const stop = () => void input.destroy();
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of input) yield* splitter.push(chunk);
  } catch {
    // The peer is gone, or we were told to stop.
  }
  yield* splitter.end();
}

/** Writes whole lines; waits while the reader is slow, so that memory stays bounded. */
export interface LineWriter {
  /** Resolves when more may be written. Rejects never: once the reader is gone, lines go nowhere. */
  write(text: string): Promise<void>;
  /** Resolves when all that was written has left this process, or the reader is gone. */
  flushed(): Promise<void>;
  /** Fires when the reader has closed its end. */
  readonly closed: AbortSignal;
}

/** A line writer on a stream; a broken pipe closes it quietly. */
export function createLineWriter(output: Writable): LineWriter {
  const gone = new AbortController();
  let drained: Promise<void> | undefined;
  let pending: Promise<void> = Promise.resolve();
  output.on("error", () => gone.abort());
  output.on("close", () => gone.abort());

  return {
    closed: gone.signal,
    async write(text) {
      if (gone.signal.aborted) return;
      let more = true;
      pending = new Promise((resolve) => {
        more = output.write(`${text}\n`, () => resolve());
        if (output.destroyed) resolve();
      });
      if (more) return;
      drained ??= new Promise<void>((resolve) => {
        const ready = () => {
          output.off("drain", ready);
          gone.signal.removeEventListener("abort", ready);
          resolve();
        };
        output.once("drain", ready);
        gone.signal.addEventListener("abort", ready, { once: true });
      }).finally(() => {
        drained = undefined;
      });
      await drained;
    },
    async flushed() {
      if (gone.signal.aborted) return;
      const left = new Promise<void>((resolve) =>
        gone.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
      await Promise.race([pending, left]);
    },
  };
}
