import type { Readable, Writable } from "node:stream";
import { createLineSplitter, type Line } from "./lines.ts";

/**
 * The lines of a stream, until it ends or `signal` fires (MCP stdio transport).
 * A read error counts as the end: the peer is gone either way.
 */
export async function* readLines(input: Readable, signal: AbortSignal): AsyncGenerator<Line> {
  const splitter = createLineSplitter();
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const aborted = new Promise<IteratorResult<Uint8Array>>((resolve) => {
    const stop = () => resolve({ done: true, value: undefined });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  for (;;) {
    const next = await Promise.race([chunks.next(), aborted]).catch(
      () => ({ done: true, value: undefined }) as const,
    );
    if (next.done) break;
    yield* splitter.push(next.value);
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

  const untilGone = (resolve: () => void) => gone.signal.addEventListener("abort", resolve, { once: true });
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
        output.once("drain", resolve);
        untilGone(resolve);
      }).finally(() => {
        drained = undefined;
      });
      await drained;
    },
    async flushed() {
      if (gone.signal.aborted) return;
      await Promise.race([pending, new Promise<void>(untilGone)]);
    },
  };
}
