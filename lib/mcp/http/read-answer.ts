import { invalidAnswer } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { nextTurn } from "../../timing/next-turn.ts";
import { startTimer, type Timer } from "../../timing/timer.ts";
import type { Id } from "../jsonrpc/id.ts";
import type { NotificationMessage, RequestMessage, ResponseMessage, RpcError } from "../jsonrpc/message.ts";
import { parseMessages } from "../jsonrpc/parse.ts";
import { type Answer, answered, refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { Call } from "../protocol/transport.ts";
import type { HttpResponse } from "./body.ts";
import type { Drains } from "./drain.ts";
import { mediaType } from "./media-type.ts";
import { readMessages } from "./read-messages.ts";
import type { StreamCursor } from "./sse.ts";

/** How long after an error that names no request the answer itself may still come, in ms. */
const GRACE_MS = 1000;

/** What one response brought: the answer, or its end without one. */
export type Reading =
  | { kind: "answer"; message: ResponseMessage }
  /** `errorWithoutId`: an error that names no request, so is the answer if no other comes; `words`: an error that is no message. */
  | { kind: "ended"; errorWithoutId?: RpcError; words?: string };

export interface ReadAnswerOptions {
  endpoint: Endpoint;
  call: Pick<Call, "onMessage" | "onEventId"> & { message: RequestMessage };
  cursor: StreamCursor;
  /** Ends the response. */
  abort: AbortController;
  drains: Drains;
  /** Takes an answer to another request, which came on the wrong stream. */
  other?(message: ResponseMessage): void;
}

/**
 * Reads one response until the answer to its request has come, and hands on what comes before it. The rest of the stream
 * is read behind the answer's back, in a later turn of the event loop: nothing overtakes the answer.
 *
 * @throws M2mcpError wrong content type, unreadable or too long an answer, network failures; what `onMessage` throws
 */
export function readAnswer(
  response: HttpResponse,
  { endpoint, call, cursor, abort, drains, other }: ReadAnswerOptions,
): Promise<Reading> {
  const { id } = call.message;
  const isStream = mediaType(response.headers) === "text/event-stream";
  let answered = false;
  let errorWithoutId: RpcError | undefined;
  let drained: (() => void) | undefined;
  let grace: Timer | undefined;
  return new Promise<Reading>((resolve, reject) => {
    const answer = (message: ResponseMessage): Promise<void> | undefined => {
      if (message.id === null) {
        errorWithoutId ??= message.error;
        if (isStream && errorWithoutId) grace ??= startTimer(GRACE_MS, giveErrorWithoutId);
        return undefined;
      }
      if (message.id !== id) {
        other?.(message);
        return undefined;
      }
      if (answered) return undefined;
      answered = true;
      resolve({ kind: "answer", message });
      if (!isStream) return undefined;
      drained = drains.add(abort);
      return nextTurn();
    };
    const giveErrorWithoutId = () => {
      if (answered || !errorWithoutId) return;
      answered = true;
      resolve({ kind: "ended", errorWithoutId });
      drained = drains.add(abort);
    };
    const take = (message: NotificationMessage | RequestMessage | ResponseMessage) =>
      message.kind === "response" ? answer(message) : call.onMessage(message);
    readMessages(response, { url: endpoint.url, cursor, log: endpoint.log, take, expected: id })
      .then(({ unreadable, words }) => {
        if (words !== undefined && !answered) return resolve({ kind: "ended", words });
        // It may have been the answer: then its end is no cut.
        if (unreadable !== undefined && !answered && cursor.lastEventId === undefined)
          throw invalidAnswer(hostOf(endpoint.url), unreadable);
        resolve({ kind: "ended", ...(errorWithoutId ? { errorWithoutId } : {}) });
      })
      .catch(reject)
      .finally(() => {
        grace?.stop();
        drained?.();
      });
  });
}

/** The answer that a response came to; undefined where it ended without one. */
export function answerIn(reading: Reading, { status }: HttpResponse): Answer | undefined {
  if (reading.kind === "answer") return answered(reading.message);
  // An error in its own response is the request's, though the server did not say so.
  if (reading.errorWithoutId) return refused(status, reading.errorWithoutId);
  return reading.words === undefined ? undefined : { ...refused(status), words: reading.words };
}

/** A response of which it was looked whether it is a plain answer. */
export type Plain = { kind: "answer"; message: ResponseMessage } | { kind: "other"; response: HttpResponse };

/**
 * What most responses are: a short body of JSON that is the one answer to its request. There is nothing in it to hand on,
 * to wait for or to resume, so it is read without what does that. All others come back as if they had not been looked at.
 *
 * @throws M2mcpError where the network fails
 */
export async function readPlain(response: HttpResponse, id: Id): Promise<Plain> {
  const reading = mediaType(response.headers) === "application/json" ? response.short?.() : undefined;
  if (!reading) return { kind: "other", response };
  const text = await reading;
  const messages = parseMessages(text, "server");
  const [message] = messages;
  if (message?.kind === "response" && message.id === id && messages.length === 1 && !text.startsWith("["))
    return { kind: "answer", message };
  return { kind: "other", response: Object.assign(response, { text: async () => text }) };
}
