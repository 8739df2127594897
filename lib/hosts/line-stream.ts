import type { Readable, Writable } from "node:stream";
import type { Text } from "../mcp/jsonrpc/bytes.ts";
import { createLineSplitter, type Line } from "./line-splitter.ts";

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
  write(text: Text): Promise<void>;
  /** While the reader is slow: resolves when more may be written. */
  backpressure(): Promise<void> | undefined;
  /** Resolves when all that was written has left this process, or the reader is gone. */
  flushed(): Promise<void>;
  /** Fires when the reader has closed its end. */
  readonly closed: AbortSignal;
}

/** Bytes that may wait for the reader before those who write are held up. */
const HIGH_WATER_BYTES = 256 * 1024;
/** Bytes of one line that are given to the stream at once: it keeps a copy of what the reader does not take yet. */
const PIECE_BYTES = 8 * 1024 * 1024;
const LF = Buffer.from("\n");
const AT_ONCE = Promise.resolve();

/**
 * A line writer on a stream; a broken pipe closes it quietly. The first line of a turn of the event loop goes out at
 * once, those that follow in the same turn go out together.
 */
export function createLineWriter(output: Writable): LineWriter {
  const gone = new AbortController();
  let drained: Promise<void> | undefined;
  let pending: Promise<void> = AT_ONCE;
  let waiting: string[] = [];
  let waitingLength = 0;
  let turn = false;
  /** A line that goes out in pieces; others wait behind it. */
  let inPieces: Promise<void> | undefined;
  output.on("error", () => gone.abort());
  output.on("close", () => gone.abort());

  /** @returns whether more may be written */
  function send(chunk: Text): boolean {
    if (gone.signal.aborted) return true;
    let more = true;
    pending = new Promise((resolve) => {
      more = output.write(chunk, () => resolve());
      if (output.destroyed) resolve();
    });
    return more;
  }

  function flush(): boolean {
    if (waiting.length === 0) return true;
    const text = waiting.length === 1 ? (waiting[0] ?? "") : waiting.join("");
    waiting = [];
    waitingLength = 0;
    return send(text);
  }

  const untilDrained = () => {
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
    return drained;
  };

  const endOfTurn = () => {
    turn = false;
    if (!flush()) void untilDrained();
  };

  async function sendPieces(bytes: Uint8Array): Promise<void> {
    flush();
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      if (!send(bytes.subarray(at, at + PIECE_BYTES))) await untilDrained();
    if (!send(LF)) await untilDrained();
  }

  function write(text: Text): Promise<void> {
    if (gone.signal.aborted) return AT_ONCE;
    if (inPieces || (typeof text !== "string" && text.length > PIECE_BYTES)) return writeBehind(text);
    if (typeof text !== "string") {
      flush();
      send(text);
      return send(LF) ? AT_ONCE : untilDrained();
    }
    waiting.push(`${text}\n`);
    waitingLength += text.length;
    const first = !turn;
    if (first) {
      turn = true;
      setImmediate(endOfTurn);
    }
    if ((first || waitingLength > HIGH_WATER_BYTES) && !flush()) return untilDrained();
    return drained ?? AT_ONCE;
  }

  /** Writes a line once those before it are out. */
  function writeBehind(text: Text): Promise<void> {
    const before = inPieces;
    const mine = (before ?? AT_ONCE).then(async () => {
      if (typeof text !== "string") return sendPieces(text);
      waiting.push(`${text}\n`);
      if (!flush()) await untilDrained();
    });
    inPieces = mine;
    void mine.then(() => {
      if (inPieces === mine) inPieces = undefined;
    });
    return mine;
  }

  return {
    closed: gone.signal,
    backpressure: () => inPieces ?? drained,
    write,
    async flushed() {
      await inPieces;
      flush();
      if (gone.signal.aborted) return;
      const left = new Promise<void>((resolve) =>
        gone.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
      await Promise.race([pending, left]);
    },
  };
}
