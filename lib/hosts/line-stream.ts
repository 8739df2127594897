import type { ByteInput } from "../platform/streams/byte-streams.ts";
import { createLineSplitter, type Line } from "./line-splitter.ts";

/** How long the input is read in one go, in ms. */
const TURN_MS = 20;

/**
 * The lines of a stream, until it ends or `signal` fires (MCP stdio transport).
 * A read error counts as the end: the peer is gone either way.
 */
export async function* readLines(input: ByteInput, signal: AbortSignal): AsyncGenerator<Line> {
  for await (const lines of readLinesTogether(input, signal)) yield* lines;
}

/** The same, those together that came together: each step of a generator costs as much as reading a line. */
export async function* readLinesTogether(input: ByteInput, signal: AbortSignal): AsyncGenerator<Line[]> {
  const splitter = createLineSplitter();
  // Ending the stream ends the loop; a race with the signal would pile up reactions, one for each chunk.
  const stop = () => void input.destroy();
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  try {
    let turnMs = performance.now();
    for await (const chunk of input) {
      const lines = splitter.push(chunk);
      if (lines.length > 0) yield lines;
      // A file or a device has always more: without a turn of their own, neither signals nor answers would be heard.
      if (performance.now() - turnMs < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turnMs = performance.now();
    }
  } catch {
    // The peer is gone, or we were told to stop.
  }
  yield splitter.end();
}
