import { isTimeout, streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { follow, giveBackController, takeController } from "../../timing/linked-abort.ts";
import { nextTurn } from "../../timing/next-turn.ts";
import type { HttpResponse } from "../http/body.ts";
import { createDrains } from "../http/drain.ts";
import { readAnswer, readPlain } from "../http/read-answer.ts";
import { readRefused, refusalIn } from "../http/refusal.ts";
import { addLastWord, areSaid, telling } from "../http/tell.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import type { Id } from "../jsonrpc/id.ts";
import type { ResponseMessage } from "../jsonrpc/message.ts";
import { type Answer, answered, type Refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { sessionLost, wrongContentType } from "../protocol/errors.ts";
import { type Call, Cancellation, cancelled, Detachment, type OnMessage } from "../protocol/transport.ts";
import { namesLoss } from "../protocol/verdict.ts";
import { getStream, postMessage, type SessionHeaders } from "./session-http.ts";
import { answerElsewhereDue, resumePost } from "./streams/resume-post.ts";
import {
  answerElsewhere,
  forgetQuestions,
  type Handshaken,
  isAwaited,
  noting,
  type SessionExchange,
  type Traffic,
  type UnderWay,
} from "./traffic.ts";

/** @param onMessage takes what belongs to no request under way */
export function createSessionExchange(endpoint: Endpoint, onMessage: OnMessage): SessionExchange {
  const traffic: Traffic = {
    endpoint,
    requests: new Map(),
    asked: new Set(),
    askers: new Map(),
    lastWords: new Set(),
    drains: createDrains(),
    deaf: undefined,
    ended: new AbortController(),
  };
  const take = noting(traffic, onMessage);
  return {
    asked: traffic.asked,
    send: (call, session) => send(traffic, call, session),
    shakeHands: (call) => shakeHands(traffic, call),
    tell: (text, session, what) => tell(traffic, text, session, what),
    reply: (answer, session) => reply(traffic, answer, session),
    async receive(message) {
      if (message.kind !== "response") return take(message);
      answerElsewhere(traffic, message);
      // The answer goes first.
      await nextTurn();
    },
    awaits: (message) => isAwaited(traffic, message),
    listening(isListening) {
      const host = hostOf(endpoint.url);
      traffic.deaf?.abort(isListening ? streamCut(host) : wrongContentType(host, null));
      traffic.deaf = isListening ? new AbortController() : undefined;
    },
    close: () => close(traffic),
  };
}

/** Takes an answer that nobody waits for. */
const nobody = () => {};

async function send(traffic: Traffic, call: Call, session: SessionHeaders): Promise<Answer> {
  const { id } = call.message;
  const abort = takeController();
  const sent: UnderWay = { answer: nobody, abort };
  let drained: (() => void) | undefined;
  const onCancel = () => {
    if (call.signal.reason instanceof Detachment) return abort.abort(call.signal.reason);
    drained = cancel(traffic, id, session, abort, call.signal.reason);
  };
  call.signal.addEventListener("abort", onCancel);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      sent.answer = resolve;
      traffic.requests.set(id, sent);
      const posted = postMessage(traffic.endpoint, session, call.message.text, abort, call.signal);
      read(traffic, posted, call, session, sent).then(resolve, reject);
    });
  } catch (error) {
    // The server need not go on with what nobody waits for (MCP "Timeouts").
    if (isTimeout(error) && !call.signal.aborted)
      cancel(traffic, id, session, abort, new Cancellation({ reason: "timeout" }))();
    throw error;
  } finally {
    drained?.();
    call.signal.removeEventListener("abort", onCancel);
    if (traffic.requests.get(id) === sent) traffic.requests.delete(id);
    if (traffic.askers.size > 0) forgetQuestions(traffic, sent);
    // A map of the runtime holds what was taken out of it until all of the heap is collected: here all that a call made.
    sent.answer = nobody;
    if (sent.isRead) giveBackController(abort);
  }
}

/** @param posted what the request was answered with */
async function read(
  traffic: Traffic,
  posted: HttpResponse | Promise<HttpResponse>,
  call: Call,
  session: SessionHeaders,
  sent: UnderWay,
): Promise<Answer> {
  const { abort } = sent;
  const response = await posted;
  if (response.status >= 300) return readRefused(response);
  const { endpoint, deaf } = traffic;
  // Accepted: where there is another stream, the answer may come there, unless it is here.
  if (response.status === 202 && deaf) {
    const options = { ...readingOf(traffic, call, sent), cursor: {} };
    const here = await readAnswer(response, options).catch(() => undefined);
    if (here?.kind === "answer") return answered(here.message);
    return answerElsewhereDue(endpoint, response, abort.signal, deaf.signal);
  }
  const plain = await readPlain(response, call.message.id);
  if (plain.kind === "answer") {
    sent.isRead = true;
    return answered(plain.message);
  }
  return resumePost(plain.response, {
    ...readingOf(traffic, call, sent),
    resume: (cursor, signal) => getStream(endpoint, session, cursor, signal),
    isLoss: (refusal) => session.id !== undefined && namesLoss(refusal),
  });
}

/** How an answer is read that may be more than that. */
const readingOf = (traffic: Traffic, { message, onMessage, onEventId }: Call, sent: UnderWay) => ({
  endpoint: traffic.endpoint,
  call: { message, onMessage: noting(traffic, onMessage, sent), ...(onEventId ? { onEventId } : {}) },
  abort: sent.abort,
  drains: traffic.drains,
  other: (answer: ResponseMessage) => answerElsewhere(traffic, answer),
});

async function shakeHands(traffic: Traffic, call: Call): Promise<Handshaken> {
  const { id } = call.message;
  const abort = new AbortController();
  const unlink = follow(call.signal, abort);
  const sent: UnderWay = { answer: nobody, abort };
  traffic.requests.set(id, sent);
  try {
    const response = await postMessage(traffic.endpoint, {}, call.message.text, abort);
    // An empty one is none.
    const sessionId = response.headers.get("mcp-session-id") || undefined;
    const session: SessionHeaders = sessionId === undefined ? {} : { id: sessionId };
    const answer = await read(traffic, response, call, session, sent);
    if (answer.kind === "refused" || answer.message.error) return { answer };
    const version = answer.message.result?.protocolVersion;
    return { answer, session: { ...session, ...(typeof version === "string" ? { version } : {}) } };
  } finally {
    unlink();
    if (traffic.requests.get(id) === sent) traffic.requests.delete(id);
  }
}

function tell(
  { endpoint, ended: { signal } }: Traffic,
  text: Text,
  session: SessionHeaders,
  what: string,
): Promise<Refused | undefined> {
  return telling(what, postMessage(endpoint, session, text, signal).then(refusalIn), endpoint, signal);
}

async function reply(
  traffic: Traffic,
  { id, text }: Pick<ResponseMessage, "id" | "text">,
  session: SessionHeaders,
): Promise<void> {
  const refusal = await tell(traffic, text, session, "an answer to the server");
  // It will never have what it asked for.
  if (id !== null && session.id !== undefined && refusal && namesLoss(refusal))
    traffic.askers.get(id)?.abort.abort(sessionLost(hostOf(traffic.endpoint.url)));
}

/** Tells the server that nobody waits (MCP "Cancellation"); the stream is given up a little later. @see Drains.add */
function cancel(
  traffic: Traffic,
  id: Id,
  session: SessionHeaders,
  abort: AbortController,
  reason: unknown,
): () => void {
  const { text, method } = cancelled(id, reason);
  addLastWord(traffic.lastWords, tell(traffic, text, session, method));
  return traffic.drains.add(abort, reason);
}

async function close({ endpoint, requests, lastWords, ended }: Traffic): Promise<void> {
  if (lastWords.size > 0) await areSaid(lastWords);
  ended.abort();
  for (const { abort } of requests.values()) abort.abort(streamCut(hostOf(endpoint.url)));
}
