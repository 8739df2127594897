import { answerTooLong } from "../../net/errors.ts";
import { networkError } from "../../net/network-error.ts";
import type { IdleWatch } from "../../timing/idle-timeout.ts";
import { type Text, toText, trimText } from "../jsonrpc/bytes.ts";
import { bodyBudget, type Share } from "./body-budget.ts";

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
  /** Lets go of a body that is not wanted. */
  discard(): Promise<void>;
}

/** What there is of a response beside itself. */
export interface ResponseOptions {
  host: string;
  watch: IdleWatch;
  /** Aborted with the reason where the time is over. */
  signal: AbortSignal;
  /** Lets go of what watches the response; called once the body is done with. */
  end(): void;
  /** What a long body waits for while nobody can take it; see `Endpoint.backpressure`. */
  backpressure?: (() => Promise<void> | undefined) | undefined;
}

/** A response under watch: its idle timeout, its end and what breaks it off are told in our own errors. */
export function watchResponse(
  response: Response,
  { host, watch, signal, end, backpressure }: ResponseOptions,
): HttpResponse {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let share: Share | undefined;

  function keeps(bytes: number): Promise<void> | undefined {
    if (bytes <= SHORT_BYTES) {
      share?.end();
      share = undefined;
      return undefined;
    }
    share ??= bodyBudget.open();
    const wait = share.holds(bytes) ?? backpressure?.();
    return wait && untilEither(wait, signal);
  }

  /** Hands the body's bytes to `take` as they come; waits where it returns a promise. */
  async function read(take: (bytes: Uint8Array) => Promise<void> | void): Promise<void> {
    reader = response.body?.getReader();
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
      end();
      share?.end();
      if (!finished) await reader?.cancel().catch(() => {});
    }
  }

  async function short(): Promise<string> {
    try {
      const text = await response.text();
      signal.throwIfAborted();
      return text;
    } catch (error) {
      throw networkError(error, signal, host, true);
    } finally {
      end();
    }
  }

  return {
    status: response.status,
    headers: response.headers,
    read,
    keeps,
    async text(maxBytes = MAX_ANSWER_BYTES) {
      const said = response.headers.has("content-encoding") ? null : response.headers.get("content-length");
      const length = said === null ? Number.NaN : Number(said);
      if (length <= Math.min(SHORT_BYTES, maxBytes)) return short();
      if (length > maxBytes) {
        await this.discard();
        throw answerTooLong(host, maxBytes);
      }
      const whole = createGathering(length);
      await read((bytes) => {
        const size = whole.add(bytes);
        if (size > maxBytes) throw answerTooLong(host, maxBytes);
        return keeps(size);
      });
      return trimText(toText(whole.bytes()));
    },
    async discard() {
      end();
      await (reader ?? response.body)?.cancel().catch(() => {});
    },
  };
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

/** Gathers the bytes of a body. @param length what the server said it would be, NaN when it did not say */
function createGathering(length: number) {
  const room = length <= ROOM_BYTES ? new Uint8Array(length) : undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  return {
    /** @returns how many bytes there are now */
    add(bytes: Uint8Array): number {
      if (room && size + bytes.length <= room.length) room.set(bytes, size);
      else parts.push(bytes);
      size += bytes.length;
      return size;
    },
    bytes(): Uint8Array {
      const [only] = parts;
      if (room && parts.length === 0) return room.subarray(0, size);
      if (!room && only && parts.length === 1) return only;
      return Buffer.concat(room ? [room.subarray(0, size - lengthOf(parts)), ...parts] : parts);
    },
  };
}

const lengthOf = (parts: Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);
