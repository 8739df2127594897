// The deprecated HTTP+SSE transport (MCP 2024-11-05): one stream carries all answers, requests are posted beside it.
import { streamCut } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { backoffMs } from "../../../timing/backoff.ts";
import { sleep } from "../../../timing/sleep.ts";
import { areSaid, inTurn } from "../../http/tell.ts";
import type { Ids } from "../../jsonrpc/id.ts";
import { type RequestMessage, requestWithId } from "../../jsonrpc/message.ts";
import type { Answer, Refused } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { sessionLost } from "../../protocol/errors.ts";
import { isForNow } from "../../protocol/refusals/passing.ts";
import { createIdempotent } from "../../protocol/repeat-idempotent.ts";
import type { Call, OnMessage, Transport } from "../../protocol/transport.ts";
import { judge } from "../../protocol/verdict.ts";
import { createLosses } from "../losses.ts";
import { cancelAsked, repeatSettings, tellOnceItStands } from "../restore.ts";
import { createSessionSettings } from "../session-settings.ts";
import { exchange, post, type SseSession, type SseState, tell } from "./sse-session.ts";

/** First wait before a stream that was cut is opened again, in ms. */
const REOPEN_MS = 1000;

export interface HttpSseOptions {
  endpoint: Endpoint;
  ids: Ids;
  onMessage: OnMessage;
}

/**
 * A server of the HTTP+SSE transport. An end of the stream is the end of the session: it fails the requests under way, and
 * the session is opened again, unnoticed by the client.
 */
export function createHttpSse({ endpoint, ids, onMessage }: HttpSseOptions): Transport {
  const idempotent = createIdempotent(endpoint, ids);
  const session: SseSession = {
    endpoint,
    ids,
    onMessage,
    settings: createSessionSettings(),
    losses: createLosses(),
    ended: new AbortController(),
    waiting: new Map(),
    asked: new Set(),
    lastWords: new Set(),
    state: { kind: "none" },
    handshake: undefined,
    told: Promise.resolve(),
    settling: undefined,
    onCut: (cut) => reopen(cut),
  };
  return {
    async request(call) {
      session.ended.signal.throwIfAborted();
      const { message } = call;
      if (message.method === "initialize") {
        session.handshake = { initialize: message };
        const answer = await exchange(session, call);
        session.losses.opened();
        return answer;
      }
      session.settings.note(message);
      const answer = await idempotent.send(call, (made) => send(session, made));
      if (message.method === "tools/list" && answer.kind === "response") idempotent.learn(answer.message);
      return answer;
    },
    async notify(message) {
      if (message.method === "notifications/initialized" && session.handshake)
        session.handshake.initialized = message;
      const told = inTurn(session.told, async () => {
        await reopened(session).catch(() => {});
        await tell(session, message.text, message.method);
      });
      session.told = told;
      // Servers refuse requests before it, and one connection may be quicker than another.
      if (message.method === "notifications/initialized") session.settling = told;
      await told;
    },
    async respond({ id, text }) {
      // One that a lost session asked for would reach the new one, which did not.
      if (id !== null && !session.asked.delete(id)) return;
      await reopened(session).catch(() => {});
      await tell(session, text, "an answer to the server");
    },
    async close() {
      if (session.lastWords.size > 0) await areSaid(session.lastWords);
      session.state = { kind: "closed" };
      session.ended.abort(streamCut(hostOf(endpoint.url)));
    },
  };
}

/** A request, and again in a new session where the server has forgotten this one. */
async function send(session: SseSession, call: Call): Promise<Answer> {
  const { handshake, losses } = session;
  const { method } = call.message;
  await session.settling;
  if (session.state.kind === "none" && handshake?.initialized) reopen(session);
  const refusal = await reopened(session);
  if (refusal) return refusal;
  const answer = await exchange(session, call);
  if (!isLost(session, method, answer) || !handshake?.initialized) return answer;
  // The session is not known any more, though its stream is still open.
  if (session.state.kind === "open") {
    const { stream } = session.state;
    reopen(session);
    stream.close();
  }
  const refusedAgain = await reopened(session);
  if (refusedAgain) return refusedAgain;
  const again = await exchange(session, call);
  // A fresh one that refuses alike was not lost.
  if (isLost(session, method, again)) losses.refusedAfresh(method);
  return again;
}

/** Whether an answer says that the session is lost; learns from those that say otherwise. */
function isLost({ losses }: SseSession, method: string, answer: Answer): boolean {
  const refusedAfresh = losses.isOwnRefusal(method);
  const verdict = judge({ era: "sse", method, proven: true, inSession: true, refusedAfresh }, answer);
  if (verdict.kind === "answered") losses.answered(method);
  return verdict.kind === "session_lost" && !verdict.isOfCall;
}

/** Waits for an attempt to open the session again, if there is one; resolves with the server's refusal. */
async function reopened({ state }: SseSession): Promise<Refused | undefined> {
  return state.kind === "reopening" ? state.done : undefined;
}

/**
 * Opens the session again, at growing waits while it fails for now, or while sessions are lost one after the other; those
 * who wait share the outcome of an attempt.
 */
function reopen(session: SseSession, failures = 1): void {
  if (session.state.kind === "closed") return;
  const { signal } = session.ended;
  void cancelAsked(session.asked, session.onMessage);
  const pauseMs = failures === 1 ? session.losses.lost() : 0;
  const waitMs = Math.max(pauseMs, backoffMs(failures, REOPEN_MS));
  const work = sleep(waitMs, signal).then(() => openAgain(session));
  const mine: SseState = { kind: "reopening", done: work };
  session.state = mine;
  const settle = (outcome: "open" | "over" | "again") => {
    if (session.state !== mine) return;
    if (outcome === "again") reopen(session, failures + 1);
    else if (outcome === "over" || !mine.stream) session.state = { kind: "none" };
    else session.state = { kind: "open", stream: mine.stream };
  };
  work.then(
    (refusal) => settle(!refusal ? "open" : isOfOtherEra(refusal) ? "over" : "again"),
    (error: unknown) => settle(isForNow(error) ? "again" : "over"),
  );
}

const isOfOtherEra = (refusal: Refused) =>
  judge({ era: "sse", method: "initialize" }, refusal).kind === "other_era";

/** The handshake once more, its answer not passed on, and what the old session had been told. */
async function openAgain(session: SseSession): Promise<Refused | undefined> {
  const { handshake, endpoint, settings, losses, onMessage } = session;
  if (!handshake) return undefined;
  endpoint.log("the server ended the session: opening it again");
  const answer = await exchange(session, own(session, handshake.initialize));
  if (answer.kind === "refused") return answer;
  const { result } = answer.message;
  if (!result) throw sessionLost(hostOf(endpoint.url));
  losses.opened();
  if (handshake.initialized) await post(session, handshake.initialized.text);
  void repeatSettings(settings.all(), (setting) => exchange(session, own(session, setting)), endpoint.log);
  const mine = session.state.kind === "reopening" ? session.state.stream : undefined;
  const isStanding = () => "stream" in session.state && session.state.stream === mine;
  tellOnceItStands(losses, result, settings.all(), isStanding, onMessage);
  return undefined;
}

const own = ({ ids, ended }: SseSession, message: RequestMessage) => ({
  message: requestWithId(message, ids.next()),
  signal: ended.signal,
});
