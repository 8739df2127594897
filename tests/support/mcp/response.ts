// Responses as the layers hand them on, and streams that a test writes: for what reads them, without a server.
import { type HttpResponse, WatchedResponse } from "../../../lib/mcp/http/body.ts";

/** A response as it comes from the layers. */
export const httpResponse = (
  body: BodyInit | null,
  { status = 200, type }: { status?: number; type?: string | undefined } = {},
  abort = new AbortController(),
): HttpResponse =>
  new WatchedResponse(
    // A text has a type of its own: only bytes have none.
    new Response(typeof body === "string" ? new TextEncoder().encode(body) : body, {
      status,
      headers: type === undefined ? {} : { "content-type": type },
    }),
    {
      host: "host",
      watch: { refresh() {}, pause() {}, stop() {} },
      signal: abort.signal,
      end() {},
    },
  );

/** A body that is written while it is read. */
export interface WrittenBody {
  body: ReadableStream<Uint8Array>;
  /** Writes one chunk. */
  write(text: string): void;
  end(): void;
  /** Breaks it off. */
  fail(error: unknown): void;
  /** Whether the reader is still there. */
  isOpen(): boolean;
}

export function writtenBody(): WrittenBody {
  let isOpen = true;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
    cancel() {
      isOpen = false;
    },
  });
  const once = (work: () => void) => {
    if (!isOpen) return;
    isOpen = false;
    work();
  };
  return {
    body,
    write(text) {
      if (isOpen) controller?.enqueue(new TextEncoder().encode(text));
    },
    end: () => once(() => controller?.close()),
    fail: (error) => once(() => controller?.error(error)),
    isOpen: () => isOpen,
  };
}

/** Messages as events, in one text. */
export const events = (...messages: (object | string)[]): string =>
  messages
    .map((message) => `data: ${typeof message === "string" ? message : JSON.stringify(message)}\n\n`)
    .join("");
