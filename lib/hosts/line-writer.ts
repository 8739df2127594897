import type { Text } from "../mcp/jsonrpc/bytes.ts";
import type { ByteOutput } from "../platform/streams/byte-streams.ts";
import { until } from "../timing/until.ts";

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
/** Bytes of one line that are given to the output at once: it copies what the reader does not take yet to new memory. */
const PIECE_BYTES = 256 * 1024;
const LF = Buffer.from("\n");
const AT_ONCE = Promise.resolve();

/**
 * A line writer; a broken pipe closes it quietly. The first line of a turn of the event loop goes out at once, those
 * that follow in the same turn go out together; all of them, where several came in the last turn that brought any.
 */
export const createLineWriter = (output: ByteOutput): LineWriter => new OutputLineWriter(output);

/** How long a slow reader is waited for once that is cut short, in ms. */
const LAST_WORDS_MS = 500;

/** Waits until all lines are out. A reader that neither reads nor goes must not keep the process. */
export async function flush(
  writer: LineWriter,
  output: ByteOutput,
  limitMs: number,
  cutShort: AbortSignal,
): Promise<void> {
  if (await until(writer.flushed(), limitMs, cutShort)) return;
  if (!(await until(writer.flushed(), LAST_WORDS_MS, writer.closed))) output.destroy();
}

class OutputLineWriter implements LineWriter {
  readonly #output: ByteOutput;
  /** While the output takes no more. */
  #drained: Promise<void> | undefined;
  /** A line that goes out in pieces, and those behind it. */
  #inPieces: Promise<void> | undefined;
  /** Lines of this turn that are not written yet. */
  #lines: string[] = [];
  #length = 0;
  /** Lines of this turn, and of the last one that brought any. */
  #thisTurn = 0;
  #lastTurn = 0;

  constructor(output: ByteOutput) {
    this.#output = output;
  }

  get closed(): AbortSignal {
    return this.#output.gone;
  }

  readonly backpressure = (): Promise<void> | undefined => this.#inPieces ?? this.#drained;

  write(text: Text): Promise<void> {
    if (this.closed.aborted) return AT_ONCE;
    if (this.#inPieces || (typeof text !== "string" && text.length > PIECE_BYTES)) return this.#behind(text);
    if (typeof text !== "string") {
      this.#flush();
      this.#send(text);
      this.#send(LF);
      return this.#drained ?? AT_ONCE;
    }
    this.#lines.push(`${text}\n`);
    this.#length += text.length;
    if (this.#thisTurn++ === 0) setImmediate(this.#endOfTurn);
    const isAlone = this.#thisTurn === 1 && this.#lastTurn <= 1;
    if (isAlone || this.#length > HIGH_WATER_BYTES) this.#flush();
    return this.#drained ?? AT_ONCE;
  }

  async flushed(): Promise<void> {
    await this.#inPieces;
    this.#flush();
    await this.#output.flushed();
  }

  /** @returns whether more may be written */
  #send(chunk: Text): boolean {
    const drained = this.#output.write(chunk);
    if (!drained) return true;
    const mine = drained.then(() => {
      if (this.#drained === mine) this.#drained = undefined;
    });
    this.#drained = mine;
    return false;
  }

  #flush(): boolean {
    if (this.#lines.length === 0) return true;
    const text = this.#lines.length === 1 ? (this.#lines[0] ?? "") : this.#lines.join("");
    this.#lines = [];
    this.#length = 0;
    return this.#send(text);
  }

  readonly #endOfTurn = (): void => {
    this.#lastTurn = this.#thisTurn;
    this.#thisTurn = 0;
    this.#flush();
  };

  /** Writes a line once those before it are out, a huge one in pieces. */
  #behind(text: Text): Promise<void> {
    const mine = (this.#inPieces ?? AT_ONCE).then(async () => {
      if (typeof text === "string") this.#lines.push(`${text}\n`);
      if (!this.#flush()) await this.#drained;
      if (typeof text !== "string") await this.#sendPieces(text);
    });
    this.#inPieces = mine;
    void mine.then(() => {
      if (this.#inPieces === mine) this.#inPieces = undefined;
    });
    return mine;
  }

  async #sendPieces(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      if (!this.#send(bytes.subarray(at, at + PIECE_BYTES))) await this.#drained;
    if (!this.#send(LF)) await this.#drained;
  }
}
