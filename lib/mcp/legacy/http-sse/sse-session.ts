import { invalidAnswer, isTimeout, streamCut, timedOut, tookTooLong } from "../../../net/errors.ts";
import { hostOf } from "../../../net/network-error.ts";
import { deadlineMs, pausableLimit } from "../../../timing/deadline.ts";
import { watchIdle } from "../../../timing/idle-timeout.ts";
import { nextTurn } from "../../../timing/next-turn.ts";
import type { HttpResponse } from "../../http/body.ts";
import { mediaType } from "../../http/media-type.ts";
import { refusalIn } from "../../http/refusal.ts";
import { addLastWord, type LastWords, telling } from "../../http/tell.ts";
import type { Text } from "../../jsonrpc/bytes.ts";
import { type Id, type Ids, idMeant } from "../../jsonrpc/id.ts";
import {
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  withId,
} from "../../jsonrpc/message.ts";
import { parseMessages } from "../../jsonrpc/parse.ts";
import { type Answer, answered, type Refused } from "../../protocol/answer.ts";
import type { Endpoint } from "../../protocol/endpoint.ts";
import { type Call, Cancellation, cancelled, type OnMessage } from "../../protocol/transport.ts";
import type { Losses } from "../losses.ts";
import { postBeside } from "../session-http.ts";
import type { SessionSettings } from "../session-settings.ts";
import { type EventStream, openEventStream, StreamRefused } from "./event-stream.ts";
import { createWaiting, type Waiting } from "./waiting.ts";

/** The session, which lives as long as its stream. */
export type SseState =
  /** No stream: never opened, or cut before the handshake was done. */
  | { kind: "none" }
  | { kind: "open"; stream: EventStream }
  /** Its stream was cut: another is opened, with the handshake once more. Resolves with the server's refusal. */
  | { kind: "reopening"; done: Promise<Refused | undefined>; stream?: EventStream }
  | { kind: "closed" };

/** A session and what belongs to it, for the functions that work on it. */
export interface SseSession {
  readonly endpoint: Endpoint;
  readonly ids: Ids;
  readonly onMessage: OnMessage;
  readonly settings: SessionSettings;
  readonly losses: Losses;
  readonly ended: AbortController;
  readonly waiting: Map<Id, Waiting>;
  /** What the server asked in this session and the client has not answered yet. */
  readonly asked: Set<Id>;
  readonly lastWords: LastWords;
  state: SseState;
  handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  /** Notifications go out in their order. */
  told: Promise<unknown>;
  /** The end of the last `notifications/initialized`, which requests wait for. */
  settling: Promise<unknown> | undefined;
  /** Called when the stream of a session that was in use has ended. */
  onCut(session: SseSession): void;
}

/** The stream to send beside, opened where there is none. */
function streamOf(session: SseSession): EventStream {
  const { state } = session;
  if (state.kind === "open") return state.stream;
  if (state.kind === "reopening") {
    state.stream ??= openStream(session);
    return state.stream;
  }
  const opened = openStream(session);
  if (state.kind === "none") session.state = { kind: "open", stream: opened };
  return opened;
}

function openStream(session: SseSession): EventStream {
  const { endpoint, ended } = session;
  const opened = openEventStream(endpoint, ended.signal, (data) => take(session, data));
  opened.ended.then(
    () => onEnd(session, opened, streamCut(hostOf(endpoint.url))),
    (error: unknown) => onEnd(session, opened, error),
  );
  return opened;
}

function onEnd(session: SseSession, stream: EventStream, error: unknown): void {
  const { state } = session;
  if (state.kind === "none" || state.kind === "closed" || state.stream !== stream) return;
  for (const waits of session.waiting.values()) waits.cut(error);
  if (state.kind === "reopening") delete state.stream;
  else if (session.handshake?.initialized) session.onCut(session);
  else session.state = { kind: "none" };
}

async function take({ waiting, asked, endpoint, onMessage }: SseSession, data: Text): Promise<void> {
  for (const { watch } of waiting.values()) watch.refresh();
  for (const message of parseMessages(data, "server")) {
    if (message.kind === "unreadable") {
      endpoint.log(`skipped what is no message: ${message.error.message}`);
      // It was the answer.
      if (message.id !== null)
        waiting.get(message.id)?.reject(invalidAnswer(hostOf(endpoint.url), message.error.message));
    } else if (message.kind === "request") {
      asked.add(message.id);
      // A person may be asked, whose time is not the server's.
      const held = [...waiting.values()];
      for (const one of held) one.pause();
      await onMessage(message);
      for (const one of held) one.resume();
    } else if (message.kind === "notification") await onMessage(message);
    // The answer goes first.
    else if (settle(waiting, message)) await nextTurn();
    else endpoint.log("dropped an answer that nobody waits for");
  }
}

/** Hands an answer to who waits for it; whether somebody did. */
function settle(waiting: SseSession["waiting"], message: ResponseMessage): boolean {
  // An error to nobody may be to a notification.
  const id = message.error && message.id === null ? undefined : idMeant(message.id, waiting);
  if (id === undefined) return false;
  waiting.get(id)?.resolve(answered(withId(message, id)));
  return waiting.delete(id);
}

/** Some servers answer where it was posted; what else they say there is no more than their status. */
async function takeHere({ waiting }: SseSession, response: HttpResponse): Promise<void> {
  for (const message of parseMessages(await response.text(), "server"))
    if (message.kind === "response" && message.id !== null) settle(waiting, message);
}

/** Posts a message beside the stream; resolves with the server's refusal. */
export async function post(
  session: SseSession,
  text: Text,
  signal?: AbortSignal,
): Promise<Refused | undefined> {
  try {
    const url = await streamOf(session).address;
    const response = await postBeside(session.endpoint, url, text, session.ended.signal, signal);
    if (response.status >= 300 || mediaType(response.headers) !== "application/json")
      return await refusalIn(response);
    void takeHere(session, response).catch(() => {});
    return undefined;
  } catch (error) {
    if (error instanceof StreamRefused) return error.refusal;
    throw error;
  }
}

/** Posts what needs no answer. Never rejects. */
export const tell = (session: SseSession, text: Text, what: string): Promise<unknown> =>
  telling(what, post(session, text), session.endpoint, session.ended.signal);

/** Tells the server that nobody waits any more, where it may know of the request; a handshake is not cancelled. */
function cancel(session: SseSession, { id, method: asked }: RequestMessage, reason: unknown): void {
  if (asked === "initialize" || !("stream" in session.state)) return;
  const { text, method } = cancelled(id, reason);
  addLastWord(session.lastWords, tell(session, text, method));
}

/** Sends a request and waits for its answer on the stream. @throws as `Transport.request` */
export async function exchange(
  session: SseSession,
  { message, signal }: Pick<Call, "message" | "signal">,
): Promise<Answer> {
  const { endpoint, waiting } = session;
  const { timeoutMs } = endpoint;
  // Given up while it waited for the session.
  signal.throwIfAborted();
  const host = hostOf(endpoint.url);
  const limitMs = deadlineMs(timeoutMs);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const watch = watchIdle(timeoutMs, () => reject(timedOut(host, timeoutMs)));
  const late = pausableLimit(limitMs, () => reject(tookTooLong(host, limitMs)));
  const onCancel = () => {
    cancel(session, message, signal.reason);
    reject(signal.reason);
  };
  signal.addEventListener("abort", onCancel, { once: true });
  const waits = createWaiting(resolve, reject, watch, late);
  waiting.set(message.id, waits);
  try {
    post(session, message.text, signal).then(
      (refusal) => (refusal ? resolve(refusal) : waits.posted()),
      reject,
    );
    return await promise;
  } catch (error) {
    if (error instanceof StreamRefused) return error.refusal;
    if (isTimeout(error) && !signal.aborted)
      cancel(session, message, new Cancellation({ reason: "timeout" }));
    throw error;
  } finally {
    watch.stop();
    late.stop();
    signal.removeEventListener("abort", onCancel);
    waiting.delete(message.id);
  }
}
