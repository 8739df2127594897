import { EXIT, M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { streamCut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { resumeAfterMs } from "../../timing/backoff.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { abortWith } from "../../timing/linked-abort.ts";
import { sleep } from "../../timing/sleep.ts";
import type { HttpResponse } from "../http/body.ts";
import { readAnswers, readErrorAnswer } from "../http/read-messages.ts";
import { sendHttp } from "../http/send.ts";
import type { StreamCursor } from "../http/sse.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import {
  type Id,
  type Message,
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
} from "../jsonrpc/message.ts";
import type { ErrorAnswer } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { sessionGone, sessionLost } from "../protocol/errors.ts";
import { createRepeatable } from "../protocol/repeatable.ts";
import { changesIn, listChanges } from "../protocol/subscription-filter.ts";
import type { Deliver, Road } from "../protocol/transport.ts";
import { createWishes } from "./session-settings.ts";
import { createUnaskedStream } from "./standalone-stream.ts";

/** How long a stream may stay open after its answer, or after the client cancelled its request, in ms. */
const LINGER_MS = 2000;
/** How long the farewell (`DELETE`) may take, in ms. */
const FAREWELL_MS = 700;
/** How long what must be said at the start of a session may hold up the requests, in ms. */
const OPENING_MS = 5000;
/** Failures in a row after which a stream is no longer resumed. */
const MAX_FAILURES = 5;
/** Sessions opened for one request at most. */
const MAX_REOPENINGS = 3;
/** What servers built like the official SDK's examples answer, with status 400, in a session they do not know. */
const BAD_REQUEST = -32000;

const BOTH = "application/json, text/event-stream";

/** A request on its way. */
interface Call {
  id: Id;
  abort: AbortController;
  answered: boolean;
  /** Ends its stream, some time after the answer. */
  linger?: ReturnType<typeof setTimeout>;
  /** An error in its response that names no request: the answer, if no other comes. */
  unaddressed?: RpcError;
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
 * resumed where they can be; a session that the server forgot is opened again, unnoticed by the client.
 */
export function createLegacySession(
  endpoint: Endpoint,
  toClient: Deliver,
  { resumed, listens = true }: LegacyOptions = {},
): LegacySession {
  const host = hostOf(endpoint.url);
  const ended = new AbortController();
  const calls = new Map<Id, Call>();
  const repeatable = createRepeatable(endpoint);
  /** Requests of the server's in this session that await an answer. */
  const asked = new Set<Id>();

  let sessionId = resumed?.id;
  let protocolVersion: string | undefined = resumed?.protocolVersion;
  let initialize: RequestMessage | undefined;
  let initialized: NotificationMessage | undefined;
  /** Settles when messages may go out: the handshake is done, and no session is being opened again. */
  let ready: Promise<unknown> = Promise.resolve();
  let notifications: Promise<void> = Promise.resolve();
  let reopening: Promise<void> | undefined;
  const wishes = createWishes();
  /** Whether a 400 may mean a lost session: not once a new session has met it too. */
  let badRequestIsLoss = true;
  /** Whether a refused notification may mean a lost session: not once a new session has refused one too. */
  let noticesTellLoss = true;

  const deliver: Deliver = (message, from) => {
    if (message.kind === "request") asked.add(message.id);
    return toClient(message, from);
  };

  /** Waits until messages may go out; what they wait for can change meanwhile. */
  async function whenReady(): Promise<void> {
    for (let seen: unknown; seen !== ready; ) {
      seen = ready;
      await seen;
    }
  }

  const isLostSession = ({ status, error, id }: ErrorAnswer) =>
    status === 404 || (status === 400 && badRequestIsLoss && error?.code === BAD_REQUEST && id === null);

  const sessionHeaders = (): Record<string, string> => ({
    ...(sessionId === undefined ? {} : { "mcp-session-id": sessionId }),
    ...(protocolVersion === undefined ? {} : { "mcp-protocol-version": protocolVersion }),
  });

  const post = (text: Text, signal: AbortSignal, headers = sessionHeaders()) =>
    sendHttp(endpoint, {
      method: "POST",
      body: text,
      headers: { "content-type": "application/json", accept: BOTH, ...headers },
      signal,
    });

  const resume = (cursor: StreamCursor, signal: AbortSignal, longestWaitMs?: number) =>
    sendHttp(endpoint, {
      method: "GET",
      headers: {
        accept: "text/event-stream",
        ...sessionHeaders(),
        ...(cursor.lastEventId ? { "last-event-id": cursor.lastEventId } : {}),
      },
      signal,
      ...(longestWaitMs === undefined ? {} : { longestWaitMs }),
    });

  /** Notes which call a message answers: its own, or one whose answer came on the wrong stream. */
  function noteAnswer(message: Message, own?: Call): void {
    if (message.kind !== "response") return;
    if (message.id === null) {
      if (own && message.error) own.unaddressed = message.error;
      return;
    }
    const call = message.id === own?.id ? own : calls.get(message.id);
    if (!call || call.answered) return;
    call.answered = true;
    // The stream should end now; reading on lets the connection be used again.
    call.linger = setTimeout(() => call.abort.abort(), LINGER_MS);
  }

  /** Passes a response's messages on; the call knows then whether its answer was among them. */
  async function pass(
    response: HttpResponse,
    call: Call,
    cursor: StreamCursor,
    take: Deliver,
  ): Promise<void> {
    try {
      const note = async (message: Message) => {
        noteAnswer(message, call);
        await take(message);
      };
      await readAnswers(response, endpoint.url, cursor, endpoint.log, note, call.id);
    } catch (error) {
      if (!call.answered) throw error;
    } finally {
      clearTimeout(call.linger);
    }
  }

  /**
   * Reads a call's answer, resuming its stream for as long as the server lets it be resumed. Resolves to an error
   * that the server gave without saying to which request.
   */
  async function passToTheEnd(
    first: HttpResponse,
    call: Call,
    take: Deliver,
  ): Promise<ErrorAnswer | undefined> {
    const { signal } = call.abort;
    const session = sessionId;
    const cursor: StreamCursor = {};
    let response: HttpResponse | undefined = first;
    let heardMs = performance.now();
    let failures = 0;
    let fruitless = 0;
    for (;;) {
      const before: string | undefined = cursor.lastEventId;
      let cut: M2mcpError | undefined;
      // An event id of a session that is gone means nothing in the next.
      if (!response && sessionId !== session) throw sessionLost(host);
      try {
        response ??= await resume(cursor, signal);
        if (response.status < 300) await pass(response, call, cursor, take);
        else {
          await response.discard();
          cut = streamCut(host);
        }
      } catch (error) {
        if (signal.aborted || !isNetworkFailure(error) || !cursor.lastEventId) throw error;
        cut = error;
      }
      // The server refuses to resume it; a fault that may pass is another matter.
      if (response && response.status >= 300 && response.status < 500)
        throw response.status === 404 ? sessionLost(host) : streamCut(host);
      if (call.answered) return undefined;
      if (call.unaddressed) return { status: first.status, error: call.unaddressed };
      if (!cursor.lastEventId) throw streamCut(host);
      const nowMs = performance.now();
      const news = cursor.lastEventId !== before;
      if (news) heardMs = nowMs;
      failures = cut && !news ? failures + 1 : 0;
      fruitless = news ? 0 : fruitless + 1;
      const waitMs = resumeAfterMs(cursor.retryMs, fruitless);
      if (nowMs + waitMs - heardMs > endpoint.timeoutMs || failures > MAX_FAILURES)
        throw cut ?? streamCut(host);
      endpoint.log("the stream ended before the answer: resuming it");
      await sleep(waitMs, signal);
      response = undefined;
    }
  }

  async function exchange(message: RequestMessage, call: Call): Promise<ErrorAnswer | undefined> {
    const take: Deliver = (read) => {
      if (read.kind === "response" && message.method === "tools/list") repeatable.learn(read);
      return deliver(read, message.id);
    };
    for (let reopenings = 0; ; reopenings++) {
      const usedSession = sessionId;
      const response = await post(message.text, call.abort.signal);
      if (response.status < 300) return passToTheEnd(response, call, take);
      const failure = await readErrorAnswer(response);
      if (usedSession === undefined || !initialize || !isLostSession(failure)) return failure;
      // A 400 may mean something else; and no server loses one session after another.
      if (failure.status === 400 && reopenings > 0) badRequestIsLoss = false;
      const once = failure.status === 400 || failure.id === message.id;
      if (reopenings >= (once ? 1 : MAX_REOPENINGS)) return failure;
      await reopen(usedSession);
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
    // All else waits for it, so one that trickles for ever must not go on behind its answer.
    const limitMs = deadlineMs(endpoint.timeoutMs);
    const late = setTimeout(() => call.abort.abort(tookTooLong(host, limitMs)), limitMs);
    try {
      const response = await post(message.text, call.abort.signal);
      if (response.status >= 300) return await readErrorAnswer(response);
      sessionId = response.headers.get("mcp-session-id") ?? undefined;
      return await passToTheEnd(response, call, async (answer) => {
        if (answer.kind === "response" && answer.id === message.id) {
          const agreed = answer.result?.protocolVersion;
          if (typeof agreed === "string") protocolVersion = agreed;
          if (answer.error) sessionId = undefined;
        }
        await take(answer);
      });
    } finally {
      clearTimeout(late);
    }
  }

  /** Opens the session anew after the server forgot `lost`; one attempt serves all who found it lost. */
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
    unasked.stop();
    const lost = sessionId;
    // Nobody awaits these answers any more, and the new session may use their ids again.
    const abandoned = [...asked];
    asked.clear();
    for (const requestId of abandoned)
      await toClient(
        notification("notifications/cancelled", { requestId, reason: "the server ended the session" }),
      );
    const call: Call = { id: initialize.id, abort: abortWith(ended.signal), answered: false };
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
      throw sessionGone(host, failure?.status ?? 200);
    }
    if (initialized) await inShort(postQuietly(initialized.text, initialized.method));
    listen();
    await inShort(Promise.all(wishes.all().map(repeatWish)));
    // What the client knew of the old session may no longer hold.
    for (const { method } of changesIn(listChanges(result.capabilities))) await deliver(notification(method));
  }

  /** Tells the new session what the client wished of the old one. Never rejects. */
  async function repeatWish(wish: RequestMessage): Promise<void> {
    const call: Call = { id: wish.id, abort: abortWith(ended.signal), answered: false };
    try {
      const response = await post(wish.text, ended.signal);
      if (response.status >= 300) await response.discard();
      else await pass(response, call, {}, async () => {});
    } catch {
      // Told below.
    }
    if (!call.answered) endpoint.log(`${wish.method} could not be repeated in the new session`);
  }

  /** Waits for what should be done before the requests go on, but not for long. */
  const inShort = (work: Promise<unknown>) => Promise.race([work, sleep(OPENING_MS, ended.signal)]);

  const unasked = createUnaskedStream(endpoint, {
    open: (cursor, signal) => resume(cursor, signal, Number.POSITIVE_INFINITY),
    async take(message) {
      noteAnswer(message);
      await deliver(message);
    },
    ended: ended.signal,
    session: () => sessionId,
    isLostSession,
    reopen,
  });

  const listen = () => {
    if (listens) unasked.listen();
  };

  /** @returns the server's refusal, if it was one */
  async function postQuietly(text: Text, what: string): Promise<ErrorAnswer | undefined> {
    try {
      const response = await post(text, ended.signal);
      if (response.status < 300) {
        await response.discard();
        return undefined;
      }
      endpoint.log(`${what} was refused with HTTP status ${response.status}`);
      return await readErrorAnswer(response);
    } catch (error) {
      if (!ended.signal.aborted)
        endpoint.log(
          `${what} could not be sent: ${error instanceof M2mcpError ? error.message : "internal error"}`,
        );
    }
    return undefined;
  }

  /** A notification, and once more in a new session where the server has forgotten this one. Never rejects. */
  async function postOrRepeat({ text, method }: NotificationMessage): Promise<void> {
    const usedSession = sessionId;
    const refusal = await postQuietly(text, method);
    if (!refusal || usedSession === undefined || !initialize || !isLostSession(refusal)) return;
    if (!noticesTellLoss) return;
    try {
      await reopen(usedSession);
    } catch {
      endpoint.log(`${method} is lost with its session`);
      return;
    }
    // One that a new session refuses too is not known to the server: no more sessions are opened for such.
    if (await postQuietly(text, method)) noticesTellLoss = false;
  }

  function leave(): void {
    ended.abort();
    for (const call of calls.values()) call.abort.abort(streamCut(host));
  }

  return {
    async request(message) {
      ended.signal.throwIfAborted();
      const call: Call = { id: message.id, abort: new AbortController(), answered: false };
      calls.set(message.id, call);
      try {
        if (message.method === "initialize") {
          initialize = message;
          unasked.stop();
          const done = handshake(message, call, deliver);
          ready = done.catch(() => {});
          return await done;
        }
        await whenReady();
        call.abort.signal.throwIfAborted();
        wishes.note(message);
        const attempt = async (again: boolean) => {
          if (again) await whenReady();
          return exchange(message, call);
        };
        return await repeatable.send(message, attempt, () => call.answered || call.abort.signal.aborted);
      } finally {
        clearTimeout(call.linger);
        if (calls.get(message.id) === call) calls.delete(message.id);
      }
    },

    async notify(message) {
      if (message.method === "notifications/initialized") {
        initialized = message;
        const before = ready;
        const sent = before.then(() => postQuietly(message.text, message.method)).then(listen);
        // Requests wait for it, since the server may refuse them before it; but not for ever.
        ready = Promise.race([sent, before.then(() => sleep(OPENING_MS, ended.signal))]).catch(() => {});
        return ready.then(() => {});
      }
      if (message.method === "notifications/cancelled") {
        const call = calls.get(message.params.requestId as Id);
        await whenReady();
        await postQuietly(message.text, message.method);
        if (call) setTimeout(() => call.abort.abort(), LINGER_MS).unref?.();
        return;
      }
      const before = notifications;
      notifications = Promise.all([before, whenReady()]).then(() => postOrRepeat(message));
      return notifications;
    },

    async respond(message: ResponseMessage) {
      // One that the server of a lost session asked for would reach the new one, which did not.
      if (message.id !== null && !asked.delete(message.id)) return;
      await whenReady();
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

const isNetworkFailure = (error: unknown): error is M2mcpError =>
  error instanceof M2mcpError && error.exitCode === EXIT.network;
