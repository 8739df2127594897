import { createParser } from "eventsource-parser";

/** One server-sent event; `id` is the cursor to resume after it (HTML SSE, MCP 2025-11-25 "Resumability"). */
export interface StreamEvent {
  event?: string;
  data: string;
}

/** What a stream has told of itself so far: where to resume and how long to wait before. */
export interface StreamCursor {
  lastEventId?: string;
  /** From the `retry` field, in ms. */
  retryMs?: number;
}

/**
 * The events of an SSE body, in order. `cursor` is kept up to date as they come.
 *
 * @param maxChars longest event kept; a longer one throws `tooLong()`
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
  cursor: StreamCursor,
  maxChars: number,
  tooLong: () => Error,
): AsyncGenerator<StreamEvent> {
  let events: StreamEvent[] = [];
  let overflow = false;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      events.push(event === undefined ? { data } : { event, data });
    },
    onId: (id) => {
      cursor.lastEventId = id;
    },
    onRetry: (retryMs) => {
      cursor.retryMs = retryMs;
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    },
    maxBufferSize: maxChars,
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunks) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (overflow) throw tooLong();
    if (events.length === 0) continue;
    const ready = events;
    events = [];
    yield* ready;
  }
}
