import { answerTooLong, invalidAnswer, streamEndedInError } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { phraseOf, readWords } from "../../net/words.ts";
import { afterReading } from "../../platform/runtime/gc-hint.ts";
import { nextTurn } from "../../timing/next-turn.ts";
import { asString, type Text } from "../jsonrpc/bytes.ts";
import { type Id, isSameId } from "../jsonrpc/id.ts";
import { type Message, withId } from "../jsonrpc/message.ts";
import { parseMessages, type Unreadable } from "../jsonrpc/parse.ts";
import { oldTransport, wrongContentType } from "../protocol/errors.ts";
import { type HttpResponse, MAX_ANSWER_BYTES } from "./body.ts";
import { endpointIn } from "./endpoint-event.ts";
import { beginsAsJson, mediaType } from "./media-type.ts";
import { eventsIn, readEvents, type StreamCursor, type StreamEvent } from "./sse.ts";

/** Longest body that is looked at for words in place of a message, in characters. */
const MAX_ERROR_LENGTH = 4096;

export interface ReadMessagesOptions {
  /** Where the response comes from, for what is told of it. */
  url: string;
  /** Kept up to date: where an SSE stream can be resumed. */
  cursor: StreamCursor;
  log(line: string): void;
  take(message: Message): Promise<void> | undefined;
  /**
   * Id of the request that this is the response to: an answer whose id is of another type (`"1"` for `1`) is taken for its
   * own, and what is unreadable is told, since it may have been the answer.
   */
  expected?: Id;
}

/** How the messages of one response were read. */
export interface MessagesRead {
  /** What is wrong with something that could not be read; absent where all could. */
  unreadable?: string;
  /** What a body says that is no message but an error in words, such as `{"error":"…"}`. */
  words?: string;
}

/**
 * Hands the messages of a successful response, JSON or SSE, to `take`, in order (MCP Streamable HTTP "Receiving
 * Messages"). A body whose type is missing or general is judged by itself. What is no message is skipped, with a log line.
 *
 * @throws M2mcpError wrong content type, invalid JSON, too long an answer, a stream of the old transport, network failures;
 *   and what `take` throws
 */
export async function readMessages(
  response: HttpResponse,
  options: ReadMessagesOptions,
): Promise<MessagesRead> {
  const type = mediaType(response.headers);
  const host = hostOf(options.url);
  if (type === "text/event-stream") {
    const notes: MessagesRead = {};
    const tooLong = () => answerTooLong(host, MAX_ANSWER_BYTES);
    const unfinished = await readEvents(response, options.cursor, MAX_ANSWER_BYTES, tooLong, (event) =>
      takeEvent(event, options, notes),
    );
    if (unfinished) await takeUnfinished(unfinished, options);
    return notes;
  }
  if (!mayBeJson(type)) {
    await response.discard();
    throw wrongContentType(host, type);
  }
  const text = await response.text();
  return takeByLooks(text, type, options);
}

const isJsonType = (type: string | null): boolean =>
  type !== null && /^(application|text)\/([a-z0-9.+-]*\+)?json([a-z0-9.-]*)$/.test(type);

/** Whether the type is JSON, or says nothing. */
const mayBeJson = (type: string | null): boolean =>
  type === null || isJsonType(type) || ["", "text/plain", "application/octet-stream"].includes(type);

/** What the body looks like decides: it may have no type, or another than it is. */
async function takeByLooks(
  text: Text,
  type: string | null,
  options: ReadMessagesOptions,
): Promise<MessagesRead> {
  const host = hostOf(options.url);
  const start = asString(text.slice(0, 64)).trimStart();
  if (beginsAsJson(start)) return takeWhole(text, options);
  if (!/^(data|event|id|retry)?:/.test(start)) {
    if (isJsonType(type) && start === "" && text.length <= 64) throw invalidAnswer(host, "it is empty");
    if (isJsonType(type)) return takeWhole(text, options);
    throw wrongContentType(host, type === "" ? null : type);
  }
  const notes: MessagesRead = {};
  for (const event of eventsIn(asString(text))) await takeEvent(event, options, notes);
  return notes;
}

/** One JSON body. @throws M2mcpError when nothing of it is a message */
async function takeWhole(text: Text, options: ReadMessagesOptions): Promise<MessagesRead> {
  const read = await parse(text);
  const unreadable = await takeAll(read, options);
  if (unreadable !== undefined && read.every(({ kind }) => kind === "unreadable")) {
    const words = errorInWords(text);
    if (words !== undefined) return { unreadable, words };
    throw invalidAnswer(hostOf(options.url), unreadable);
  }
  return unreadable === undefined ? {} : { unreadable };
}

/** What gateways and frameworks say in place of a message, at whatever status. */
function errorInWords(text: Text): string | undefined {
  if (text.length > MAX_ERROR_LENGTH) return undefined;
  const body = asString(text);
  const isError = /"(?:errors?|detail|message)"\s*:/.test(body) && !/"(?:jsonrpc|id)"\s*:/.test(body);
  return isError && body.startsWith("{") ? phraseOf(readWords(body, "application/json")) : undefined;
}

/** Only unnamed events and those named `message` carry messages (MCP Streamable HTTP; HTML "Server-sent events"). */
async function takeEvent(
  { event, data, id }: StreamEvent,
  options: ReadMessagesOptions,
  notes: MessagesRead,
): Promise<void> {
  const host = hostOf(options.url);
  const { cursor } = options;
  if (id !== undefined) await cursor.onEventId?.(id, data.length === 0, cursor.retryMs);
  if (event === undefined || event === "message") {
    if (data.length === 0) return;
    const unreadable = await takeAll(await parse(data), options);
    if (unreadable !== undefined) notes.unreadable = unreadable;
    return;
  }
  if (options.expected === undefined) return;
  const text = asString(data);
  if (event === "endpoint" && endpointIn(text) !== undefined) throw oldTransport(host);
  if (event !== "error") return;
  const words = phraseOf(readWords(text, null));
  if (words !== undefined) throw streamEndedInError(host, words);
}

/** Of what a stream breaks off in, only the answer itself is taken, where it came whole. */
async function takeUnfinished(
  { event, data }: StreamEvent,
  { take, expected }: ReadMessagesOptions,
): Promise<void> {
  if (expected === undefined || (event !== undefined && event !== "message")) return;
  for (const message of await parse(data))
    if (message.kind === "response" && message.id !== null && isSameId(message.id, expected))
      await take(underExpectedId(message, expected));
}

/** Hands on what is a message; gives back what is wrong with something that is none. */
async function takeAll(
  messages: readonly (Message | Unreadable)[],
  { url, log, take, expected }: ReadMessagesOptions,
): Promise<string | undefined> {
  let unreadable: string | undefined;
  for (const [at, message] of messages.entries()) {
    if (message.kind !== "unreadable") {
      await take(expected === undefined ? message : underExpectedId(message, expected));
      // Nothing overtakes an answer.
      if (message.kind === "response" && at < messages.length - 1) await nextTurn();
      continue;
    }
    if (expected !== undefined && message.id === expected)
      throw invalidAnswer(hostOf(url), message.error.message);
    log(`skipped what is no message: ${message.error.message}`);
    unreadable = message.error.message;
  }
  return unreadable;
}

/** The messages in a text; what reading a huge one has left behind does not wait for them to be delivered. */
function parse(text: Text): Parsed | Promise<Parsed> {
  const collected = afterReading(text.length);
  if (!collected) return parseMessages(text, "server");
  return collected.then(async () => {
    const read = parseMessages(text, "server");
    await afterReading(text.length);
    return read;
  });
}

type Parsed = (Message | Unreadable)[];

/** Some servers answer the number 1 with the string "1", or leave out an id of 0: a strict client would not take it. */
function underExpectedId(message: Message, expected: Id): Message {
  if (message.kind !== "response") return message;
  const isIts = message.id === null ? !message.error : isSameId(message.id, expected);
  return isIts ? withId(message, expected) : message;
}
