import { bodyBudget, type Share } from "../../body-budget.ts";
import { answerTooLong } from "../../net/errors.ts";
import { networkError } from "../../net/network-error.ts";
import { joinPieces, movePiece, takeBuffer } from "../../platform/runtime/long-buffers.ts";
import type { IdleWatch } from "../../timing/idle-timeout.ts";
import { type Text, toText, trimText } from "../jsonrpc/bytes.ts";

/** Longest answer (one JSON body or one SSE event) accepted. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** Bodies said to be this short are read in one go, in bytes. */
const SHORT_BYTES = 64 * 1024;
/** For bodies said to be this long the room is made at once, in bytes; longer ones might be a lie. */
const ROOM_BYTES = 64 * 1024 * 1024;

/** A response whose body is read under the same watch as the request. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  /**
   * Hands the body's bytes to `take` as they come, and waits for it where it returns a promise.
   * @throws M2mcpError when the network or the time fails, and what `take` throws
   */
  read(take: (bytes: Uint8Array) => Promise<void> | void): Promise<void>;
  /**
   * To be told how many bytes of the body are kept by now. @returns what to wait for before more is read, where all bodies
   * together take too much, or nobody can take what comes of them
   */
  keeps?(bytes: number): Promise<void> | undefined;
  /** The whole body as text. @throws M2mcpError also when it is longer than `maxBytes`. */
  text(maxBytes?: number): Promise<Text>;
  /** The whole body where it is known to be short; undefined, and nothing read, where it is not. */
  short?(): Promise<string> | undefined;
  /** What is told of a failure, without what was sent and must not be repeated. */
  redact?(text: string): string;
  /** Lets go of a body that is not wanted. */
  discard(): Promise<void>;
}

/** What watches a response, and what it is told in. */
export interface ResponseOptions {
  readonly host: string;
  readonly watch: IdleWatch;
  /** Aborted with the reason where the time is over. */
  readonly signal: AbortSignal;
  /** Lets go of what watches the response; called once the body is done with. */
  end(): void;
  /** What a long body waits for while nobody can take it; see `Endpoint.backpressure`. */
  backpressure?: (() => Promise<void> | undefined) | undefined;
}

/**
 * A response under watch: its idle timeout, its end and what breaks it off are told in our own errors. A class, since there
 * is one for each request.
 */
export class WatchedResponse implements HttpResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly #response: Response;
  readonly #options: ResponseOptions;
  /** Once reading has begun. */
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** Of the budget of all bodies, while much of this one is kept. */
  #share: Share | undefined;

  constructor(response: Response, options: ResponseOptions) {
    this.status = response.status;
    this.headers = response.headers;
    this.#response = response;
    this.#options = options;
  }

  async read(take: (bytes: Uint8Array) => Promise<void> | void): Promise<void> {
    const { host, watch, signal } = this.#options;
    const reader = this.#response.body?.getReader();
    this.#reader = reader;
    let finished = false;
    let taking = false;
    try {
      while (reader) {
        const { done, value } = await reader.read();
        if (done) break;
        // Time in which our own reader is slow is not the server's idleness.
        watch.pause();
        taking = true;
        const taken = take(value);
        if (taken) await taken;
        taking = false;
        watch.refresh();
      }
      finished = true;
      // An aborted body may end like a complete one; it is not.
      signal.throwIfAborted();
    } catch (error) {
      throw taking ? error : networkError(error, signal, host, true);
    } finally {
      this.#options.end();
      this.#share?.end();
      if (!finished) await reader?.cancel().catch(() => {});
    }
  }

  keeps(bytes: number): Promise<void> | undefined {
    const { signal, backpressure } = this.#options;
    if (bytes <= SHORT_BYTES) {
      this.#share?.end();
      this.#share = undefined;
      return undefined;
    }
    this.#share ??= bodyBudget.open();
    const wait = this.#share.holds(bytes) ?? backpressure?.();
    return wait && untilEither(wait, signal);
  }

  async text(maxBytes = MAX_ANSWER_BYTES): Promise<Text> {
    const { host } = this.#options;
    const length = lengthSaid(this.#response);
    if (length <= Math.min(SHORT_BYTES, maxBytes)) return this.#readShort();
    if (length > maxBytes) {
      await this.discard();
      throw answerTooLong(host, maxBytes);
    }
    const whole = createGathering(length);
    await this.read((bytes) => {
      const size = whole.add(bytes);
      if (size > maxBytes) throw answerTooLong(host, maxBytes);
      return this.keeps(size);
    });
    return trimText(toText(whole.bytes()));
  }

  short(): Promise<string> | undefined {
    return lengthSaid(this.#response) <= SHORT_BYTES ? this.#readShort() : undefined;
  }

  /** A short body, which the runtime reads faster in one go. */
  async #readShort(): Promise<string> {
    const { host, signal, end } = this.#options;
    try {
      const text = await this.#response.text();
      signal.throwIfAborted();
      return text;
    } catch (error) {
      throw networkError(error, signal, host, true);
    } finally {
      end();
    }
  }

  async discard(): Promise<void> {
    this.#options.end();
    await (this.#reader ?? this.#response.body)?.cancel().catch(() => {});
  }
}

/** Resolves with the wait or when the signal fires, whichever is first; what has ended is read on in vain. */
function untilEither(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      signal.removeEventListener("abort", over);
      resolve();
    };
    if (signal.aborted) return over();
    signal.addEventListener("abort", over, { once: true });
    void wait.then(over);
  });
}

/** How long the body is as its server says, in bytes; NaN where it does not. */
function lengthSaid({ headers }: Response): number {
  const said = headers.has("content-encoding") ? null : headers.get("content-length");
  return said === null ? Number.NaN : Number(said);
}

/** Gathers the bytes of a body. @param length what the server said it would be, NaN when it did not say */
function createGathering(length: number) {
  const room = length <= ROOM_BYTES ? takeBuffer(length) : undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  return {
    /** @returns how many bytes there are now */
    add(bytes: Uint8Array): number {
      const { length } = bytes;
      if (room && size + length <= room.length) movePiece(bytes, room, size);
      else parts.push(bytes);
      size += length;
      return size;
    },
    bytes(): Uint8Array {
      const [only] = parts;
      if (room && parts.length === 0) return room.subarray(0, size);
      if (!room && only && parts.length === 1) return only;
      const beyond = parts.reduce((sum, part) => sum + part.length, 0);
      return joinPieces(room ? [room.subarray(0, size - beyond), ...parts] : parts);
    },
  };
}
