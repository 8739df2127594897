import { M2mcpError, sessionLost, streamCut } from "../errors.ts";
import { type ErrorAnswer, readAnswers, readErrorAnswer } from "./answers.ts";
import { backoffMs } from "./backoff.ts";
import { type HttpResponse, hostOf, sendHttp, sleep } from "./http.ts";
import {
  type Id,
  isObject,
  type JsonObject,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
} from "./messages.ts";
import type { Deliver, Road } from "./road.ts";
import type { StreamCursor } from "./sse.ts";
import type { Endpoint } from "./types.ts";

/** How long a stream may stay open after its answer, or after the client cancelled its request, in ms. */
const LINGER_MS = 2000;
/** How long the farewell (`DELETE`) may take, in ms. */
const FAREWELL_MS = 700;
/** Wait before resuming a stream whose server named no `retry`, in ms. */
const RESUME_MS = 1000;

const BOTH = "application/json, text/event-stream";

/** A request on its way. */
interface Call {
  id: Id;
  abort: AbortController;
  answered: boolean;
}

/** A legacy session, and what a one-off command wants to know of it. */
export interface LegacySession extends Road {
  /** The session as it stands, for a later process to go on with. */
  current(): { id?: string; protocolVersion?: string };
  /** Stops all that is under way but leaves the session open at the server. */
  leave(): void;
}

/** A session that an earlier process opened, to go on with. */
export interface ResumedSession {
  id?: string;
  protocolVersion: string;
}

export interface LegacyOptions {
  resumed?: ResumedSession;
  /** Whether to open the GET stream once the handshake is done. */
  listens?: boolean;
}

/**
 * A session with a legacy server over Streamable HTTP (MCP 2025-03-26 to 2025-11-25): every message is a POST of
 * its own, answers come as JSON or SSE, a GET stream carries what the server says unasked. Broken streams are
 * resumed where they can be; a session that the server forgot (404) is opened again, unnoticed by the client.
 */
export function createLegacySession(
  endpoint: Endpoint,
  deliver: Deliver,
  { resumed, listens = true }: LegacyOptions = {},
): LegacySession {
  const host = hostOf(endpoint.url);
  const ended = new AbortController();
  const calls = new Map<Id, Call>();

  let sessionId = resumed?.id;
  let protocolVersion: string | undefined = resumed?.protocolVersion;
  let initialize: RequestMessage | undefined;
  let initialized: NotificationMessage | undefined;
  let listening: AbortController | undefined;
  /** Settles when messages may go out: the handshake is done, and no session is being opened again. */
  let ready: Promise<unknown> = Promise.resolve();
  let notifications: Promise<void> = Promise.resolve();
  let reopening: Promise<void> | undefined;
  /** What a new session must be told again: the log level and the resources subscribed to. */
  const wishes = new Map<string, RequestMessage>();

  const sessionHeaders = (): Record<string, string> => ({
    ...(sessionId === undefined ? {} : { "mcp-session-id": sessionId }),
    ...(protocolVersion === undefined ? {} : { "mcp-protocol-version": protocolVersion }),
  });

  const post = (text: string, signal: AbortSignal, headers = sessionHeaders()) =>
    sendHttp(endpoint, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json", accept: BOTH, ...headers },
      signal,
    });

  const resume = (cursor: StreamCursor, signal: AbortSignal, bodyTimeoutMs?: number) =>
    sendHttp(endpoint, {
      method: "GET",
      headers: {
        accept: "text/event-stream",
        ...sessionHeaders(),
        ...(cursor.lastEventId ? { "last-event-id": cursor.lastEventId } : {}),
      },
      signal,
      ...(bodyTimeoutMs === undefined ? {} : { bodyTimeoutMs }),
    });

  /** Passes a response's messages on; says whether the call's own answer was among them. */
  async function pass(
    response: HttpResponse,
    call: Call,
    cursor: StreamCursor,
    take: Deliver,
  ): Promise<void> {
    let linger: ReturnType<typeof setTimeout> | undefined;
    try {
      for await (const message of readAnswers(response, endpoint.url, cursor, endpoint.log)) {
        const answers = message.kind === "response" && message.id === call.id;
        if (answers) call.answered = true;
        await take(message);
        // The stream should end now; reading on lets the connection be used again.
        if (answers) linger ??= setTimeout(() => call.abort.abort(), LINGER_MS);
      }
    } catch (error) {
      if (!call.answered) throw error;
    } finally {
      clearTimeout(linger);
    }
  }

  /** Reads a call's answer, resuming its stream for as long as the server lets it be resumed. */
  async function passToTheEnd(first: HttpResponse, call: Call, take: Deliver): Promise<void> {
    const { signal } = call.abort;
    const cursor: StreamCursor = {};
    let response: HttpResponse | undefined = first;
    let heardMs = performance.now();
    let failures = 0;
    for (;;) {
      const before: string | undefined = cursor.lastEventId;
      let cut: unknown;
      try {
        response ??= await resume(cursor, signal);
        if (response.status >= 300) {
          await response.discard();
          throw response.status === 404 ? sessionLost(host) : streamCut(host);
        }
        await pass(response, call, cursor, take);
        failures = 0;
      } catch (error) {
        if (signal.aborted || !isNetworkFailure(error)) throw error;
        cut = error;
        failures++;
      }
      if (call.answered) return;
      if (cursor.lastEventId === undefined) throw cut !== undefined && !isReset(cut) ? cut : streamCut(host);
      const nowMs = performance.now();
      if (cursor.lastEventId !== before) heardMs = nowMs;
      if (nowMs - heardMs > endpoint.timeoutMs || failures > 5) throw streamCut(host);
      endpoint.log("the stream ended before the answer: resuming it");
      await sleep(cursor.retryMs ?? backoffMs(failures, RESUME_MS), signal);
      response = undefined;
    }
  }

  async function exchange(message: RequestMessage, call: Call): Promise<ErrorAnswer | undefined> {
    for (let reopened = false; ; reopened = true) {
      const usedSession = sessionId;
      const response = await post(message.text, call.abort.signal);
      if (response.status === 404 && usedSession !== undefined && initialize && !reopened) {
        await response.discard();
        await reopen(usedSession);
        continue;
      }
      if (response.status >= 300) return readErrorAnswer(response);
      await passToTheEnd(response, call, (read) => deliver(read, message.id));
      return undefined;
    }
  }

  /** The handshake: learns the session id and the version from the answer, then passes it on to `take`. */
  async function handshake(
    message: RequestMessage,
    call: Call,
    take: Deliver,
  ): Promise<ErrorAnswer | undefined> {
    sessionId = undefined;
    protocolVersion = undefined;
    const response = await post(message.text, call.abort.signal);
    if (response.status >= 300) return readErrorAnswer(response);
    sessionId = response.headers.get("mcp-session-id") ?? undefined;
    await passToTheEnd(response, call, async (answer) => {
      if (answer.kind === "response" && answer.id === message.id) {
        const agreed = answer.result?.protocolVersion;
        if (typeof agreed === "string") protocolVersion = agreed;
        if (answer.error) sessionId = undefined;
      }
      await take(answer);
    });
    return undefined;
  }

  /** Opens the session anew after the server forgot `lost`; one attempt serves all who met the 404. */
  function reopen(lost: string): Promise<void> {
    if (sessionId !== lost) return reopening ?? Promise.resolve();
    reopening ??= openAgain().finally(() => {
      reopening = undefined;
    });
    ready = reopening.catch(() => {});
    return reopening;
  }

  async function openAgain(): Promise<void> {
    if (!initialize) return;
    endpoint.log("the server ended the session: opening it again");
    listening?.abort();
    const lost = sessionId;
    const call: Call = { id: initialize.id, abort: linkedAbort(ended.signal), answered: false };
    let result: JsonObject = {};
    const failure = await handshake(initialize, call, async (message) => {
      if (message.kind === "response") result = message.result ?? {};
      else await deliver(message);
    }).catch((error: unknown) => {
      sessionId = lost;
      throw error;
    });
    if (failure || protocolVersion === undefined) {
      sessionId = lost;
      throw sessionLost(host);
    }
    if (initialized) await post(initialized.text, ended.signal).then((response) => response.discard());
    listen();
    for (const wish of wishes.values()) {
      const wished: Call = { id: wish.id, abort: linkedAbort(ended.signal), answered: false };
      await post(wish.text, ended.signal)
        .then((response) => pass(response, wished, {}, async () => {}))
        .catch(() => endpoint.log(`${wish.method} could not be repeated in the new session`));
    }
    // What the client knew of the old session may no longer hold.
    const capabilities = isObject(result.capabilities) ? result.capabilities : {};
    for (const feature of ["tools", "prompts", "resources"]) {
      const offered = capabilities[feature];
      if (isObject(offered) && offered.listChanged === true)
        await deliver(notification(`notifications/${feature}/list_changed`));
    }
  }

  /** Keeps the GET stream open (MCP 2025-11-25 "Listening for Messages from the Server"). */
  function listen(): void {
    if (!listens || ended.signal.aborted) return;
    const stop = linkedAbort(ended.signal);
    listening = stop;
    void keepListening(stop.signal).catch(() => {});
  }

  async function keepListening(signal: AbortSignal): Promise<void> {
    const cursor: StreamCursor = {};
    for (let failures = 0; !signal.aborted; ) {
      const startedMs = performance.now();
      const usedSession = sessionId;
      try {
        const response = await resume(cursor, signal, Number.POSITIVE_INFINITY);
        if (response.status === 404 && usedSession !== undefined) {
          await response.discard();
          // A new session brings a new stream of its own.
          if (sessionId === usedSession) await reopen(usedSession);
          return;
        }
        if (response.status >= 400 && response.status < 500 && response.status !== 429) {
          await response.discard();
          return;
        }
        if (response.status < 300)
          for await (const message of readAnswers(response, endpoint.url, cursor, endpoint.log))
            await deliver(message);
        else await response.discard();
        failures = performance.now() - startedMs > 5000 ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted || !isNetworkFailure(error)) return;
        failures++;
      }
      await sleep(cursor.retryMs ?? backoffMs(failures, RESUME_MS), signal);
    }
  }

  function rememberWish(message: RequestMessage): void {
    if (message.method === "logging/setLevel") wishes.set("level", message);
    else if (message.method === "resources/subscribe") wishes.set(`uri ${message.params.uri}`, message);
    else if (message.method === "resources/unsubscribe") wishes.delete(`uri ${message.params.uri}`);
  }

  async function postQuietly(text: string, what: string): Promise<void> {
    try {
      const response = await post(text, ended.signal);
      if (response.status >= 300) endpoint.log(`${what} was refused with HTTP status ${response.status}`);
      await response.discard();
    } catch (error) {
      if (!ended.signal.aborted)
        endpoint.log(
          `${what} could not be sent: ${error instanceof M2mcpError ? error.message : "internal error"}`,
        );
    }
  }

  function leave(): void {
    ended.abort();
    listening?.abort();
    for (const call of calls.values()) call.abort.abort();
  }

  return {
    async request(message) {
      ended.signal.throwIfAborted();
      const call: Call = { id: message.id, abort: new AbortController(), answered: false };
      calls.set(message.id, call);
      try {
        if (message.method === "initialize") {
          initialize = message;
          listening?.abort();
          const done = handshake(message, call, deliver);
          ready = done.catch(() => {});
          return await done;
        }
        await ready;
        call.abort.signal.throwIfAborted();
        rememberWish(message);
        return await exchange(message, call);
      } finally {
        if (calls.get(message.id) === call) calls.delete(message.id);
      }
    },

    async notify(message) {
      if (message.method === "notifications/initialized") {
        initialized = message;
        const before = ready;
        const sent = before.then(() => postQuietly(message.text, message.method)).then(listen);
        // Requests wait for it, since the server may refuse them before it; but not for ever.
        ready = Promise.race([sent, before.then(() => sleep(5000, ended.signal))]).catch(() => {});
        return ready.then(() => {});
      }
      if (message.method === "notifications/cancelled") {
        const call = calls.get(message.params.requestId as Id);
        await ready;
        await postQuietly(message.text, message.method);
        if (call) setTimeout(() => call.abort.abort(), LINGER_MS).unref?.();
        return;
      }
      const before = notifications;
      notifications = Promise.all([before, ready]).then(() => postQuietly(message.text, message.method));
      return notifications;
    },

    async respond(message: ResponseMessage) {
      await ready;
      await postQuietly(message.text, "an answer to the server");
    },

    leave,

    async close() {
      leave();
      if (sessionId === undefined) return;
      const farewell = {
        method: "DELETE",
        headers: sessionHeaders(),
        signal: AbortSignal.timeout(FAREWELL_MS),
      } as const;
      await sendHttp({ ...endpoint, reconnectMs: 0 }, farewell)
        .then((response) => response.discard())
        .catch(() => {});
    },

    current: () => ({
      ...(sessionId === undefined ? {} : { id: sessionId }),
      ...(protocolVersion === undefined ? {} : { protocolVersion }),
    }),
  };
}

const isNetworkFailure = (error: unknown) => error instanceof M2mcpError && error.exitCode === 3;
const isReset = (error: unknown) => error instanceof M2mcpError && error.code === "connection_failed";

/** A controller that is aborted with its parent. */
function linkedAbort(parent: AbortSignal): AbortController {
  const controller = new AbortController();
  if (parent.aborted) controller.abort(parent.reason);
  else
    parent.addEventListener("abort", () => controller.abort(parent.reason), {
      once: true,
      signal: controller.signal,
    });
  return controller;
}
