import { createParser } from "eventsource-parser";
import { LONG_BYTES, type Text } from "../jsonrpc/bytes.ts";
import type { Call } from "../protocol/transport.ts";
import type { HttpResponse } from "./body.ts";
import { beginsAsJson } from "./media-type.ts";

/** One server-sent event; `id` is the cursor to resume after it (HTML SSE, MCP 2025-11-25 "Resumability"). */
export interface StreamEvent {
  event?: string;
  id?: string;
  data: Text;
}

/** What a stream has told of itself so far: where to resume and how long to wait before. */
export interface StreamCursor {
  lastEventId?: string;
  /** From the `retry` field, in ms. */
  retryMs?: number;
  /** Told of each id, before its message; or alone, where the event has none. */
  onEventId?: Call["onEventId"];
}

/** Longest wait before a stream is resumed that a server is granted, in ms. */
const MAX_RETRY_MS = 60 * 60 * 1000;

/** What events are read from; see `HttpResponse`. */
type Body = Pick<HttpResponse, "read" | "keeps">;

/** What each line of an unfinished event takes beside its text, in bytes, as measured. */
const LINE_WEIGHT = 128;

/**
 * Hands the events of an SSE body to `take`, in order, one after the other. `cursor` is kept up to date as they come.
 *
 * @param maxBytes most that is kept of one event, its lines included; a longer one throws `tooLong()`
 * @returns what stands behind the last event where the body ends within one: browsers drop it, but it may be whole
 */
export async function readEvents(
  body: Body,
  cursor: StreamCursor,
  maxBytes: number,
  tooLong: () => Error,
  take: (event: StreamEvent) => Promise<void>,
): Promise<StreamEvent | undefined> {
  let events: StreamEvent[] = [];
  let overflow = false;
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      events.push(eventOf(event, data, cursor.onEventId ? id : undefined));
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
    maxBufferSize: maxBytes,
  });
  const decoder = new TextDecoder();
  const unfinished = createUnfinished();
  // No event begins like JSON, but some servers call that a stream.
  let isJson: boolean | undefined;
  let json = "";
  await body.read((bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    isJson ??= beginsAsJson(text);
    if (isJson) {
      json += text;
      if (json.length > maxBytes) throw tooLong();
      return body.keeps?.(2 * json.length);
    }
    const kept = unfinished.add(text);
    if (kept > maxBytes) throw tooLong();
    parser.feed(text);
    if (overflow) throw tooLong();
    // Twice: in the pieces it came in, and as the whole that is made of them.
    if (events.length === 0) return body.keeps?.(2 * kept);
    const ready = events;
    events = [];
    return takeAll(ready, take, () => body.keeps?.(2 * kept));
  });
  if (isJson) await take(eventOf(undefined, json));
  if (unfinished.weight() === 0) return undefined;
  const { lastEventId } = cursor;
  parser.feed("\n\n");
  // Who resumes must have it again.
  if (lastEventId === undefined) delete cursor.lastEventId;
  else cursor.lastEventId = lastEventId;
  return events[0];
}

function eventOf(event: string | undefined, data: string, id?: string): StreamEvent {
  const text = data.length < LONG_BYTES ? data : Buffer.from(data);
  const named = event === undefined ? { data: text } : { event, data: text };
  return id === undefined ? named : { ...named, id };
}

/** Weighs what has come since the last blank line, which is all that is kept of a stream. */
function createUnfinished() {
  let weight = 0;
  let before = "";
  return {
    /** @returns the weight with this text, in bytes */
    add(text: string): number {
      if (text.endsWith("\n\n")) {
        weight = 0;
        before = "\n\n";
        return weight;
      }
      const joined = before + text;
      const behind = behindBlankLine(joined);
      weight = behind === -1 ? weight + weightOf(text, 0) : weightOf(joined, behind);
      before = joined.slice(-2);
      return weight;
    },
    weight: () => weight,
  };
}

/** The index behind the last blank line, -1 where there is none. */
function behindBlankLine(text: string): number {
  const ends = ["\n\n", "\r\r", "\n\r\n"].map((blank) => {
    const at = text.lastIndexOf(blank);
    return at === -1 ? -1 : at + blank.length;
  });
  return Math.max(...ends);
}

function weightOf(text: string, from: number): number {
  let lines = 0;
  for (const end of ["\n", "\r"])
    for (let at = text.indexOf(end, from); at !== -1; at = text.indexOf(end, at + 1)) lines++;
  return text.length - from + LINE_WEIGHT * lines;
}

async function takeAll(
  events: StreamEvent[],
  take: (event: StreamEvent) => Promise<void>,
  behind: () => Promise<void> | undefined,
): Promise<void> {
  for (const event of events) await take(event);
  await behind();
}

/** The events in a text that is whole, such as the body of a refusal. */
export function eventsIn(text: string): StreamEvent[] {
  const found: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => void found.push(eventOf(event, data)),
  });
  parser.feed(`${text}\n\n`);
  return found;
}
