import { EXIT, M2mcpError } from "../../failure.ts";
import { streamCut, timedOut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { type IdleWatch, watchIdle } from "../../timing/idle-timeout.ts";
import { sleep } from "../../timing/sleep.ts";
import { readRefused } from "../http/read-refused.ts";
import { sendHttp } from "../http/send.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import { type Id, type Ids, idValue, isSameId } from "../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  request as requestMessage,
  withId,
} from "../jsonrpc/message.ts";
import { parseMessages } from "../jsonrpc/parse.ts";
import { type Answer, answered, type Refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { sessionLost } from "../protocol/errors.ts";
import { createIdempotent } from "../protocol/repeat-idempotent.ts";
import { type Call, Cancellation, type OnMessage, type Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { type EventStream, openEventStream, StreamRefused } from "./event-stream.ts";
import { repeatSettings, tellChanges } from "./restore.ts";
import { createSessionSettings } from "./session-settings.ts";

/** How long a cancelled request may still be answered, in ms. */
const CANCELLED_MS = 2000;
/** First wait before a stream that was cut is opened again, in ms. */
const REOPEN_MS = 1000;

/** The session, which lives as long as its stream. */
type SessionState =
  /** No stream: never opened, or cut before the handshake was done. */
  | { kind: "none" }
  | { kind: "open"; stream: EventStream }
  /** Its stream was cut: another is opened, with the handshake once more. Resolves with the server's refusal. */
  | { kind: "reopening"; done: Promise<Refused | undefined>; stream?: EventStream }
  | { kind: "closed" };

/** A request whose answer is due on the stream. */
interface Waiting {
  resolve(answer: Answer): void;
  /** The server has taken the request. */
  posted(): void;
  /** The stream is gone: a request that was taken has no answer; of one under way its own response tells. */
  cut(error: unknown): void;
  watch: IdleWatch;
}

function createWaiting(
  resolve: (answer: Answer) => void,
  reject: (error: unknown) => void,
  watch: IdleWatch,
): Waiting {
  let isPosted = false;
  let failure: unknown;
  return {
    resolve,
    watch,
    posted() {
      isPosted = true;
      if (failure !== undefined) reject(failure);
    },
    cut(error) {
      failure ??= error;
      if (isPosted || error instanceof StreamRefused) reject(failure);
    },
  };
}

export interface HttpSseOptions {
  endpoint: Endpoint;
  ids: Ids;
  onMessage: OnMessage;
}

/**
 * A server of the deprecated HTTP+SSE transport (MCP 2024-11-05): one GET stream carries all its messages, requests are
 * POSTed beside it. An end of the stream is the end of the session: it fails the requests under way, and the session is
 * opened again, unnoticed by the client.
 */
export function createHttpSse({ endpoint, ids, onMessage }: HttpSseOptions): Transport {
  const host = hostOf(endpoint.url);
  const ended = new AbortController();
  const waiting = new Map<Id, Waiting>();
  const settings = createSessionSettings();
  const idempotent = createIdempotent(endpoint);
  let handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  let state: SessionState = { kind: "none" };

  /** The stream to send beside, opened where there is none. */
  function stream(): EventStream {
    if (state.kind === "open") return state.stream;
    if (state.kind === "reopening") {
      state.stream ??= openStream();
      return state.stream;
    }
    const opened = openStream();
    if (state.kind === "none") state = { kind: "open", stream: opened };
    return opened;
  }

  function openStream(): EventStream {
    const opened = openEventStream(endpoint, ended.signal, take);
    opened.ended.then(
      () => onEnd(opened, streamCut(host)),
      (error: unknown) => onEnd(opened, error),
    );
    return opened;
  }

  function onEnd(stream: EventStream, error: unknown): void {
    if (state.kind === "none" || state.kind === "closed" || state.stream !== stream) return;
    for (const waits of waiting.values()) waits.cut(error);
    if (state.kind === "reopening") delete state.stream;
    else if (handshake?.initialized) reopen();
    else state = { kind: "none" };
  }

  async function take(data: Text): Promise<void> {
    for (const { watch } of waiting.values()) watch.refresh();
    for (const message of parseMessages(data, "server")) {
      if (message.kind === "unreadable") endpoint.log(`skipped what is no message: ${message.error.message}`);
      else if (message.kind !== "response") await onMessage(message);
      else if (settle(message)) await new Promise((resolve) => setImmediate(resolve));
      else endpoint.log("dropped an answer that nobody waits for");
    }
  }

  /** Hands an answer to who waits for it; the next message waits until it was handed on. */
  function settle(message: ResponseMessage): boolean {
    if (message.id === null) return false;
    const { id } = message;
    const known = waiting.has(id) ? id : [...waiting.keys()].find((other) => isSameId(id, other));
    if (known === undefined) return false;
    waiting.get(known)?.resolve(answered(withId(message, known)));
    return waiting.delete(known);
  }

  async function post(text: Text): Promise<Refused | undefined> {
    const url = await stream().address;
    const headers = { "content-type": "application/json" };
    const response = await sendHttp(
      { ...endpoint, url },
      { method: "POST", body: text, headers, signal: ended.signal },
    );
    if (response.status >= 300) return readRefused(response);
    await response.discard();
    return undefined;
  }

  const tell = async (text: Text) => {
    await post(text).catch((error: unknown) => {
      if (error instanceof M2mcpError) endpoint.log(error.message);
    });
  };

  /** Sends a request and waits for its answer on the stream. */
  async function exchange({ message, signal }: Pick<Call, "message" | "signal">): Promise<Answer> {
    const limitMs = deadlineMs(endpoint.timeoutMs);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const watch = watchIdle(endpoint.timeoutMs, () => reject(timedOut(host, endpoint.timeoutMs)));
    const late = setTimeout(() => reject(tookTooLong(host, limitMs)), limitMs);
    const onCancel = () => {
      const params = signal.reason instanceof Cancellation ? signal.reason.params : {};
      void tell(notification("notifications/cancelled", { ...params, requestId: idValue(message.id) }).text);
      setTimeout(() => reject(signal.reason), CANCELLED_MS).unref?.();
    };
    signal.addEventListener("abort", onCancel, { once: true });
    const waits = createWaiting(resolve, reject, watch);
    waiting.set(message.id, waits);
    try {
      post(message.text).then((refusal) => (refusal ? resolve(refusal) : waits.posted()), reject);
      return await promise;
    } catch (error) {
      if (error instanceof StreamRefused) return error.refusal;
      throw error;
    } finally {
      watch.stop();
      clearTimeout(late);
      signal.removeEventListener("abort", onCancel);
      waiting.delete(message.id);
    }
  }

  /** Opens the session again, at growing waits while it fails for now; those who wait share the outcome of an attempt. */
  function reopen(failures = 1): void {
    if (state.kind === "closed") return;
    const work = sleep(backoffMs(failures, REOPEN_MS), ended.signal).then(openAgain);
    const mine: SessionState = { kind: "reopening", done: work };
    state = mine;
    work.then(
      (refusal) => settleReopening(mine, refusal && !passes(refusal), refusal && passes(refusal), failures),
      (error: unknown) => {
        const isNetwork = error instanceof M2mcpError && error.exitCode === EXIT.network;
        settleReopening(mine, !isNetwork, isNetwork, failures);
      },
    );
  }

  function settleReopening(mine: SessionState, isOver = false, again = false, failures = 1): void {
    if (state !== mine || mine.kind !== "reopening") return;
    if (again) reopen(failures + 1);
    else if (isOver || !mine.stream) state = { kind: "none" };
    else state = { kind: "open", stream: mine.stream };
  }

  const passes = (refusal: Refused) =>
    judge({ era: "sse", method: "initialize" }, refusal).kind !== "other_era";

  /** The handshake once more, its answer not passed on, and what the old session had been told. */
  async function openAgain(): Promise<Refused | undefined> {
    if (!handshake) return undefined;
    endpoint.log("the server ended the session: opening it again");
    const answer = await exchange(own(handshake.initialize));
    if (answer.kind === "refused") return answer;
    const { result } = answer.message;
    if (!result) throw sessionLost(host);
    if (handshake.initialized) await post(handshake.initialized.text);
    void repeatSettings(settings.all(), (setting) => exchange(own(setting)), endpoint.log);
    void tellChanges(result, onMessage).catch(() => {});
    return undefined;
  }

  const own = (message: RequestMessage) => ({
    message: requestMessage(ids.next(), message.method, exactParams(message)),
    signal: ended.signal,
  });

  /** Waits for an attempt to open the session again, if there is one; resolves with the server's refusal. */
  async function reopened(): Promise<Refused | undefined> {
    return state.kind === "reopening" ? state.done : undefined;
  }

  async function inSession(call: Call): Promise<Answer> {
    if (state.kind === "none" && handshake?.initialized) reopen();
    const refusal = await reopened();
    if (refusal) return refusal;
    const answer = await exchange(call);
    const { method } = call.message;
    const isLost =
      judge({ era: "sse", method, proven: true, inSession: true }, answer).kind === "session_lost";
    if (!isLost || !handshake?.initialized) return answer;
    // The session is not known any more, though its stream is still open.
    if (state.kind === "open") {
      const { stream } = state;
      reopen();
      stream.close();
    }
    return (await reopened()) ?? exchange(call);
  }

  return {
    async request(call) {
      ended.signal.throwIfAborted();
      const { message } = call;
      if (message.method === "initialize") {
        handshake = { initialize: message };
        return exchange(call);
      }
      settings.note(message);
      const answer = await idempotent.send(call, () => inSession(call));
      if (message.method === "tools/list" && answer.kind === "response") idempotent.learn(answer.message);
      return answer;
    },
    async notify(message) {
      if (message.method === "notifications/initialized" && handshake) handshake.initialized = message;
      await reopened().catch(() => {});
      await tell(message.text);
    },
    async respond(message) {
      await reopened().catch(() => {});
      await tell(message.text);
    },
    async close() {
      state = { kind: "closed" };
      ended.abort(streamCut(host));
    },
  };
}
