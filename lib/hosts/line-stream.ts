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
export const createLineWriter = (output: Writable): LineWriter => new StreamLineWriter(output);

class StreamLineWriter implements LineWriter {
  readonly #output: Writable;
  readonly #gone = new AbortController();
  /** Lines of this turn that have not gone out. */
  #waiting: string[] = [];
  #waitingLength = 0;
  #isTurnBegun = false;
  /** Resolves when the reader takes more, while it is slow. */
  #drained: Promise<void> | undefined;
  /** A line that goes out in pieces; others wait behind it. */
  #inPieces: Promise<void> | undefined;
  /** Resolves when what was handed to the stream last has left. */
  #left: Promise<void> = AT_ONCE;

  constructor(output: Writable) {
    this.#output = output;
    output.on("error", () => this.#gone.abort());
    output.on("close", () => this.#gone.abort());
  }

  get closed(): AbortSignal {
    return this.#gone.signal;
  }

  write(text: Text): Promise<void> {
    if (this.closed.aborted) return AT_ONCE;
    if (this.#inPieces || (typeof text !== "string" && text.length > PIECE_BYTES))
      return this.#writeBehind(text);
    if (typeof text !== "string") {
      this.#flush();
      this.#send(text);
      return this.#send(LF) ? AT_ONCE : this.#untilDrained();
    }
    this.#waiting.push(`${text}\n`);
    this.#waitingLength += text.length;
    const isFirst = !this.#isTurnBegun;
    if (isFirst) {
      this.#isTurnBegun = true;
      setImmediate(() => this.#endTurn());
    }
    if ((isFirst || this.#waitingLength > HIGH_WATER_BYTES) && !this.#flush()) return this.#untilDrained();
    return this.#drained ?? AT_ONCE;
  }

  backpressure(): Promise<void> | undefined {
    return this.#inPieces ?? this.#drained;
  }

  async flushed(): Promise<void> {
    await this.#inPieces;
    this.#flush();
    if (this.closed.aborted) return;
    const gone = new Promise<void>((resolve) =>
      this.closed.addEventListener("abort", () => resolve(), { once: true }),
    );
    await Promise.race([this.#left, gone]);
  }

  /** Writes a line once those before it are out. */
  #writeBehind(text: Text): Promise<void> {
    const mine = (this.#inPieces ?? AT_ONCE).then(async () => {
      if (typeof text !== "string") return this.#sendPieces(text);
      this.#waiting.push(`${text}\n`);
      if (!this.#flush()) await this.#untilDrained();
    });
    this.#inPieces = mine;
    void mine.then(() => {
      if (this.#inPieces === mine) this.#inPieces = undefined;
    });
    return mine;
  }

  async #sendPieces(bytes: Uint8Array): Promise<void> {
    this.#flush();
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      if (!this.#send(bytes.subarray(at, at + PIECE_BYTES))) await this.#untilDrained();
    if (!this.#send(LF)) await this.#untilDrained();
  }

  /** @returns whether more may be written */
  #send(chunk: Text): boolean {
    if (this.closed.aborted) return true;
    let more = true;
    this.#left = new Promise((resolve) => {
      more = this.#output.write(chunk, () => resolve());
      if (this.#output.destroyed) resolve();
    });
    return more;
  }

  #flush(): boolean {
    if (this.#waiting.length === 0) return true;
    const text = this.#waiting.length === 1 ? (this.#waiting[0] ?? "") : this.#waiting.join("");
    this.#waiting = [];
    this.#waitingLength = 0;
    return this.#send(text);
  }

  #endTurn(): void {
    this.#isTurnBegun = false;
    if (!this.#flush()) void this.#untilDrained();
  }

  #untilDrained(): Promise<void> {
    this.#drained ??= new Promise<void>((resolve) => {
      const ready = () => {
        this.#output.off("drain", ready);
        this.closed.removeEventListener("abort", ready);
        resolve();
      };
      this.#output.once("drain", ready);
      this.closed.addEventListener("abort", ready, { once: true });
    }).finally(() => {
      this.#drained = undefined;
    });
    return this.#drained;
  }
}
