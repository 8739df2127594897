import { answerTooLong, invalidAnswer } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { type Id, isSameId } from "../jsonrpc/id.ts";
import { type Message, withId } from "../jsonrpc/message.ts";
import { parseMessages, type Unreadable } from "../jsonrpc/parse.ts";
import { type Refused, refused } from "../protocol/answer.ts";
import { wrongContentType } from "../protocol/errors.ts";
import { type HttpResponse, MAX_ANSWER_BYTES } from "./body.ts";
import { readErrorBody } from "./refusal.ts";
import { eventData, readEvents, type StreamCursor } from "./sse.ts";

/** The media type of a response, without parameters, in lower case. */
export const mediaType = (headers: Headers) =>
  headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? null;

/**
 * Hands the messages of a successful response, JSON or SSE, to `take`, in order (MCP Streamable HTTP "Receiving
 * Messages"). `cursor` tells where an SSE stream can be resumed. Events that are no message are skipped, with a log
 * line.
 *
 * @param expected id of the request that this is the response to: a broken answer to it is not skipped, and one
 *   whose id is of the other type (`"1"` for `1`) is taken for it
 * @throws M2mcpError wrong content type, invalid JSON, too long an answer, network failures; and what `take` throws
 */
export async function readAnswers(
  response: HttpResponse,
  url: string,
  cursor: StreamCursor,
  log: (line: string) => void,
  take: (message: Message) => Promise<void> | undefined,
  expected?: Id,
): Promise<void> {
  const type = mediaType(response.headers);
  const skip = ({ id, error }: Unreadable) => {
    if (expected !== undefined && id === expected) throw invalidAnswer(hostOf(url), error.message);
    log(`skipped what is no message: ${error.message}`);
  };
  if (type === "application/json") {
    const read = parseMessages(await response.text(), "server");
    for (const message of read)
      if (message.kind === "unreadable") skip(message);
      else await take(underExpectedId(message, expected));
    const [first] = read;
    if (first?.kind === "unreadable" && read.every(({ kind }) => kind === "unreadable"))
      throw invalidAnswer(hostOf(url), first.error.message);
    return;
  }
  if (type !== "text/event-stream") {
    await response.discard();
    throw wrongContentType(hostOf(url), type);
  }
  const tooLong = () => answerTooLong(hostOf(url), MAX_ANSWER_BYTES);
  await readEvents(response.read, cursor, MAX_ANSWER_BYTES, tooLong, async ({ data }) => {
    if (data === "") return;
    for (const message of parseMessages(data, "server"))
      if (message.kind === "unreadable") skip(message);
      else await take(underExpectedId(message, expected));
  });
}

/** Some servers answer the number 1 with the string "1", which a strict client would not take. */
const underExpectedId = (message: Message, expected: Id | undefined): Message =>
  expected !== undefined &&
  message.kind === "response" &&
  message.id !== null &&
  isSameId(message.id, expected)
    ? withId(message, expected)
    : message;

/** Reads a non-2xx response to its end, within limits. Never throws: an unreadable body is no JSON-RPC error. */
export async function readRefused(response: HttpResponse): Promise<Refused> {
  const { status } = response;
  const { body, words } = await readErrorBody(response);
  const said = words === undefined ? {} : { words };
  const texts = mediaType(response.headers) === "text/event-stream" ? eventData(body) : [body];
  // Some servers leave out `jsonrpc` or the id's type: the error object alone is enough.
  for (const message of texts.flatMap((text) => (text === "" ? [] : parseMessages(text, "server"))))
    if (message.kind === "response" && message.error)
      return { ...refused(status, message.error, message.id), ...said };
  return { ...refused(status), ...said };
}
