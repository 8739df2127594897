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

/** Longest wait before a stream is resumed that a server is granted, in ms. */
const MAX_RETRY_MS = 60 * 60 * 1000;

/** Hands bytes on as they come; see `HttpResponse.read`. */
type Read = (take: (bytes: Uint8Array) => Promise<void> | void) => Promise<void>;

/**
 * Hands the events of an SSE body to `take`, in order, one after the other. `cursor` is kept up to date as they come.
 *
 * @param maxChars longest event kept; a longer one throws `tooLong()`
 */
export async function readEvents(
  read: Read,
  cursor: StreamCursor,
  maxChars: number,
  tooLong: () => Error,
  take: (event: StreamEvent) => Promise<void>,
): Promise<void> {
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
      cursor.retryMs = Math.min(retryMs, MAX_RETRY_MS);
    },
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") overflow = true;
    },
    maxBufferSize: maxChars,
  });
  const decoder = new TextDecoder();
  await read((bytes) => {
    parser.feed(decoder.decode(bytes, { stream: true }));
    if (overflow) throw tooLong();
    if (events.length === 0) return;
    const ready = events;
    events = [];
    return takeAll(ready, take);
  });
}

async function takeAll(events: StreamEvent[], take: (event: StreamEvent) => Promise<void>): Promise<void> {
  for (const event of events) await take(event);
}

/** The events in a text that is whole, such as the body of a refusal. */
export function eventsIn(text: string): StreamEvent[] {
  const found: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void found.push(event === undefined ? { data } : { event, data }),
  });
  parser.feed(`${text}\n\n`);
  return found;
}
