import { M2mcpError } from "../../failure.ts";
import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { createDrains } from "../http/drain.ts";
import { readRefused } from "../http/read-refused.ts";
import type { StreamCursor } from "../http/sse.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import { type Id, idValue } from "../jsonrpc/id.ts";
import { type Message, notification, type ResponseMessage } from "../jsonrpc/message.ts";
import { type Answer, answered, type Refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { type Call, Cancellation, type OnMessage } from "../protocol/transport.ts";
import { resumePost } from "./resume-post.ts";
import { getStream, postMessage, type SessionHeaders } from "./session-http.ts";

/** How long a cancelled request may still be answered, in ms: a server is told first, and may have its answer at hand. */
const CANCELLED_MS = 2000;

/** How long the end waits for what the server is being told, in ms. */
const LAST_WORDS_MS = 500;

/** What the server is told where it was silent for too long. */
const TIMEOUT = { reason: "timeout" };

const isTimeout = (error: unknown) => error instanceof M2mcpError && error.code === "timeout";

/** A request under way: its answer may come on another stream than its own. */
interface UnderWay {
  answer(answer: Answer): void;
  /** Ends its own stream. */
  abort: AbortController;
}

/** Messages to and from a legacy server, whatever session they are of. */
export interface SessionExchange {
  /** Sends one request; resolves with its answer, from whichever stream it comes. @throws as `Transport.request` */
  send(call: Call, session: SessionHeaders): Promise<Answer>;
  /** Sends `initialize`, outside any session; resolves with the session too, where one was opened. */
  shakeHands(call: Call): Promise<{ answer: Answer; session?: SessionHeaders }>;
  /** Sends what needs no answer; resolves with the server's refusal, if it was one. Never rejects. */
  tell(text: Text, session: SessionHeaders, what: string): Promise<Refused | undefined>;
  /** Takes what comes on the standalone stream. */
  receive(message: Message): Promise<void>;
  /** Requests of the server's that await an answer. */
  readonly asked: Set<Id>;
  /** Ends what is under way, once what the server is being told has gone out, or has had a moment to. Never rejects. */
  close(): Promise<void>;
}

/** @param onMessage takes what belongs to no request under way */
export function createSessionExchange(endpoint: Endpoint, onMessage: OnMessage): SessionExchange {
  const ended = new AbortController();
  const underWay = new Map<Id, UnderWay>();
  const asked = new Set<Id>();
  const drains = createDrains();
  const telling = new Set<Promise<unknown>>();

  /** Notes the server's requests, so that their answers go back in the session that asked. */
  const noting =
    (to: OnMessage): OnMessage =>
    (message) => {
      if (message.kind === "request") asked.add(message.id);
      return to(message);
    };

  async function exchange(call: Call, session: SessionHeaders, abort: AbortController): Promise<Answer> {
    const response = await postMessage(endpoint, session, call.message.text, abort.signal);
    if (response.status >= 300) return readRefused(response);
    return read(response, call, session, abort);
  }

  const read = (
    response: Parameters<typeof resumePost>[0],
    { message, onMessage: to }: Call,
    session: SessionHeaders,
    abort: AbortController,
  ) =>
    resumePost(response, {
      endpoint,
      call: { message, onMessage: noting(to) },
      abort,
      drains,
      other: answerElsewhere,
      resume: (cursor: StreamCursor, signal: AbortSignal) => getStream(endpoint, session, cursor, signal),
    });

  function answerElsewhere(message: ResponseMessage): void {
    const call = message.id === null ? undefined : underWay.get(message.id);
    if (!call) {
      endpoint.log("dropped an answer that nobody waits for");
      return;
    }
    call.answer(answered(message));
    drains.add(call.abort);
  }

  async function tell(text: Text, session: SessionHeaders, what: string): Promise<Refused | undefined> {
    try {
      const response = await postMessage(endpoint, session, text, ended.signal);
      if (response.status >= 300) {
        endpoint.log(`${what} was refused with HTTP status ${response.status}`);
        return await readRefused(response);
      }
      await response.discard();
    } catch (error) {
      const why = error instanceof M2mcpError ? error.message : "internal error";
      if (!ended.signal.aborted) endpoint.log(`${what} could not be sent: ${why}`);
    }
    return undefined;
  }

  /** Tells the server that nobody waits any more (MCP "Cancellation"), and gives the stream up a little later. */
  function cancel(id: Id, session: SessionHeaders, abort: AbortController, reason: unknown): void {
    const params = reason instanceof Cancellation ? reason.params : {};
    const told = notification("notifications/cancelled", { ...params, requestId: idValue(id) });
    track(tell(told.text, session, told.method));
    setTimeout(() => abort.abort(reason), CANCELLED_MS).unref?.();
  }

  function track(work: Promise<unknown>): void {
    const tracked = work.finally(() => telling.delete(tracked));
    telling.add(tracked);
  }

  return {
    asked,
    tell,

    async send(call, session) {
      const { id } = call.message;
      const abort = new AbortController();
      const onCancel = () => cancel(id, session, abort, call.signal.reason);
      call.signal.addEventListener("abort", onCancel, { once: true });
      try {
        return await new Promise<Answer>((resolve, reject) => {
          underWay.set(id, { answer: resolve, abort });
          exchange(call, session, abort).then(resolve, reject);
        });
      } catch (error) {
        // The server need not go on with what nobody waits for (MCP "Timeouts").
        if (isTimeout(error) && !call.signal.aborted) cancel(id, session, abort, new Cancellation(TIMEOUT));
        throw error;
      } finally {
        call.signal.removeEventListener("abort", onCancel);
        if (underWay.get(id)?.abort === abort) underWay.delete(id);
      }
    },

    async shakeHands(call) {
      const abort = new AbortController();
      const onCancel = () => abort.abort(call.signal.reason);
      call.signal.addEventListener("abort", onCancel, { once: true });
      underWay.set(call.message.id, { answer: () => {}, abort });
      try {
        const response = await postMessage(endpoint, {}, call.message.text, abort.signal);
        if (response.status >= 300) return { answer: await readRefused(response) };
        // An empty one is none.
        const id = response.headers.get("mcp-session-id") || undefined;
        const session: SessionHeaders = id === undefined ? {} : { id };
        const answer = await read(response, call, session, abort);
        if (answer.kind === "refused" || answer.message.error) return { answer };
        const version = answer.message.result?.protocolVersion;
        return { answer, session: { ...session, ...(typeof version === "string" ? { version } : {}) } };
      } finally {
        call.signal.removeEventListener("abort", onCancel);
        if (underWay.get(call.message.id)?.abort === abort) underWay.delete(call.message.id);
      }
    },

    async receive(message) {
      if (message.kind !== "response") return noting(onMessage)(message);
      answerElsewhere(message);
      // The answer goes first.
      await new Promise((resolve) => setImmediate(resolve));
    },

    async close() {
      if (telling.size > 0)
        await Promise.race([
          Promise.all(telling),
          new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS)),
        ]);
      ended.abort();
      for (const { abort } of underWay.values()) abort.abort(streamCut(hostOf(endpoint.url)));
    },
  };
}
