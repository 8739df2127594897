import { streamCut, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { deadlineMs } from "../../timing/deadline.ts";
import { createSchedule } from "../../timing/schedule.ts";
import { sleep } from "../../timing/sleep.ts";
import { type Ids, idValue } from "../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  notification,
  type RequestMessage,
  request as requestMessage,
} from "../jsonrpc/message.ts";
import type { Answer } from "../protocol/answer.ts";
import type { Endpoint, SavedSession } from "../protocol/endpoint.ts";
import { sessionGone } from "../protocol/errors.ts";
import { createIdempotent } from "../protocol/repeat-idempotent.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { createLosses } from "./losses.ts";
import { repeatSettings, tellChanges } from "./restore.ts";
import { createSessionExchange } from "./session-exchange.ts";
import { deleteSession, getStream, type SessionHeaders } from "./session-http.ts";
import { createSessionSettings } from "./session-settings.ts";
import { keepStandaloneStream } from "./standalone-stream.ts";

/** How long `notifications/initialized` may hold up the requests behind it, in ms. */
const INITIALIZED_MS = 5000;
/** A session that stood this long is news to the client, also where others were lost at once before it, in ms. */
const STANDS_MS = 5000;
/** All notifications learn from each other: servers refuse alike those that they do not know. */
const NOTICE = "notifications/*";
/** Sessions opened for one request at most: no server loses one after the other. */
const MAX_REOPENINGS = 3;

/** The session as it stands with the server. */
type SessionState =
  | { kind: "none" }
  /** A handshake is under way; what comes meanwhile waits. */
  | { kind: "opening"; done: Promise<void> }
  | OpenSession
  /** The server forgot it; one attempt to open it again serves all who found it lost. */
  | { kind: "reopening"; done: Promise<void> }
  | { kind: "closed" };

interface OpenSession extends SessionHeaders {
  kind: "open";
  /** An earlier process opened it, and it has not answered yet. */
  remembered: boolean;
  /** While `notifications/initialized` is on its way: servers may refuse requests before it. */
  settling?: Promise<void>;
  /** Ends the standalone stream. */
  stream: AbortController;
}

export interface LegacySessionOptions {
  endpoint: Endpoint;
  ids: Ids;
  /** Takes what belongs to no request under way. */
  onMessage: OnMessage;
  /** A session that an earlier process opened, to go on with. */
  resumed?: SavedSession;
  /** Whether to keep the standalone stream open once the handshake is done. */
  listens?: boolean;
}

export interface LegacySession extends Transport {
  /** The session as it stands, for a later process to go on with. */
  current(): SavedSession | undefined;
}

/**
 * A session with a legacy server over Streamable HTTP (MCP 2025-03-26 to 2025-11-25): every message is a POST of its own,
 * answers come as JSON or SSE, a standalone stream carries what the server says besides. Broken streams are resumed where
 * they can be; a session that the server forgot is opened again, unnoticed by the client.
 */
export function createLegacySession({
  endpoint,
  ids,
  onMessage,
  resumed,
  listens = true,
}: LegacySessionOptions): LegacySession {
  const host = hostOf(endpoint.url);
  const ended = new AbortController();
  const exchange = createSessionExchange(endpoint, onMessage);
  const idempotent = createIdempotent(endpoint);
  const settings = createSessionSettings();
  const losses = createLosses();
  const streamSchedule = createSchedule();
  /** The client's handshake, in which a lost session is opened again; absent for a session of an earlier process. */
  let handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  /** Notifications go out in their order. */
  let told: Promise<void> = Promise.resolve();
  let state: SessionState = resumed ? asOpen(savedHeaders(resumed), true) : { kind: "none" };

  /** Waits until messages may go out; resolves with what tells the session, if there is one. */
  async function ready(): Promise<OpenSession | undefined> {
    for (;;) {
      if (state.kind === "closed") throw streamCut(host);
      if (state.kind === "none") return undefined;
      if (state.kind !== "open") await state.done;
      else if (state.settling) await state.settling;
      else return state;
    }
  }

  /** The client's own handshake: all else waits for it. */
  async function open(call: Call): Promise<Answer> {
    handshake = { initialize: call.message };
    if (state.kind === "open") state.stream.abort();
    const work = exchange.shakeHands(call);
    const mine = { kind: "opening", done: quietly(work) } as const;
    state = mine;
    const { answer, session } = await work.catch((error: unknown) => {
      if (state === mine) state = { kind: "none" };
      throw error;
    });
    losses.opened();
    if (state === mine) state = session ? asOpen(session, false) : { kind: "none" };
    return answer;
  }

  /** A request, and again in a new session where the server has forgotten this one. */
  async function inSession(call: Call): Promise<Answer> {
    const { method } = call.message;
    for (let reopenings = 0; ; reopenings++) {
      const used = state.kind === "open" && !state.settling ? state : await ready();
      if (call.signal.aborted) throw call.signal.reason;
      const answer = await exchange.send(call, used ?? {});
      const verdict = judge(asked(method, used), answer);
      if (answer.kind === "response" && used) used.remembered = false;
      if (verdict.kind === "answered") losses.answered(method);
      if (verdict.kind !== "session_lost" || !used) return answer;
      if (reopenings > 0 && !verdict.sure) losses.refusedAfresh(method);
      // Who did not open a session cannot open it again; and a fresh one that refuses alike was not lost.
      if (!handshake || reopenings >= (verdict.sure ? MAX_REOPENINGS : 1)) return answer;
      await reopen(used);
    }
  }

  const asked = (method: string, used: OpenSession | undefined) => ({
    era: "legacy" as const,
    method,
    proven: true,
    inSession: used?.id !== undefined || used?.remembered === true,
    remembered: used?.remembered === true,
    refusedAfresh: losses.isOwnRefusal(method),
  });

  /** Opens the session anew after the server forgot `lost`. @throws M2mcpError when no new one is to be had */
  async function reopen(lost: OpenSession): Promise<void> {
    if (state.kind === "reopening") return state.done;
    if (state !== lost) return;
    const work = openAgain(lost);
    const mine = { kind: "reopening", done: quietly(work) } as const;
    state = mine;
    try {
      const { session, answer } = await work;
      if (state !== mine) return;
      state = session;
      restore(session, answer);
    } catch (error) {
      // The old one stays: the next request finds out anew.
      if (state === mine) state = lost;
      throw error;
    }
  }

  async function openAgain(lost: OpenSession): Promise<{ session: OpenSession; answer: Answer }> {
    const pauseMs = losses.lost();
    lost.stream.abort();
    if (pauseMs > 0) await sleep(pauseMs, ended.signal);
    endpoint.log("the server ended the session: opening it again");
    // Nobody awaits these answers any more, and the new session may use their ids again.
    const abandoned = [...exchange.asked];
    exchange.asked.clear();
    const reason = "the server ended the session";
    for (const id of abandoned)
      await onMessage(notification("notifications/cancelled", { requestId: idValue(id), reason }));
    const params = handshake ? exactParams(handshake.initialize) : {};
    const opened = await exchange.shakeHands(own("initialize", params));
    const { answer } = opened;
    if (!opened.session) throw sessionGone(host, answer.kind === "refused" ? answer.status : 200);
    losses.opened();
    const session = asOpen(opened.session, false);
    if (handshake?.initialized) await initialized(handshake.initialized, session);
    return { session, answer };
  }

  /** Gives a session that was opened anew what the old one had, beside the requests. */
  function restore(session: OpenSession, answer: Answer): void {
    listen(session);
    const ask = ({ method, params }: RequestMessage) => exchange.send(own(method, params), session);
    void repeatSettings(settings.all(), ask, endpoint.log);
    const result = answer.kind === "response" ? answer.message.result : undefined;
    const tell = () => {
      if (state === session) void tellChanges(result ?? {}, onMessage);
    };
    // Sessions that are lost one after the other are no news until one stands.
    if (losses.inARow < 2) tell();
    else setTimeout(tell, STANDS_MS).unref?.();
  }

  /** A request of our own, which takes no longer than any other. */
  function own(method: string, params: RequestMessage["params"]): Call {
    const over = new AbortController();
    const limitMs = deadlineMs(endpoint.timeoutMs);
    const timer = setTimeout(() => over.abort(tookTooLong(host, limitMs)), limitMs);
    timer.unref?.();
    ended.signal.addEventListener("abort", () => over.abort(streamCut(host)), { once: true });
    return { message: requestMessage(ids.next(), method, params), signal: over.signal, onMessage };
  }

  /** Tells the server that the handshake is done; not for long, where others wait for it. */
  const initialized = ({ text, method }: NotificationMessage, session: OpenSession): Promise<void> =>
    Promise.race([
      exchange.tell(text, session, method).then(() => {}),
      sleep(INITIALIZED_MS, ended.signal).catch(() => {}),
    ]);

  function listen(session: OpenSession): void {
    if (!listens || ended.signal.aborted) return;
    void keepStandaloneStream({
      endpoint,
      open: (cursor, signal) => getStream(endpoint, session, cursor, signal, Number.POSITIVE_INFINITY),
      take: exchange.receive,
      signal: AbortSignal.any([ended.signal, session.stream.signal]),
      onLost: () => void reopen(session).catch(() => {}),
      schedule: streamSchedule,
    });
  }

  /** A notification, and once more in a new session where the server has forgotten this one. Never rejects. */
  async function tell({ text, method }: NotificationMessage): Promise<void> {
    const used = await ready();
    const refusal = await exchange.tell(text, used ?? {}, method);
    if (!refusal || !used || !handshake) return;
    // What a fresh session refused too says nothing of this one.
    if (losses.isOwnRefusal(NOTICE) || judge(asked(method, used), refusal).kind !== "session_lost") return;
    try {
      await reopen(used);
    } catch {
      return endpoint.log(`${method} is lost with its session`);
    }
    if (await exchange.tell(text, (await ready()) ?? {}, method)) losses.refusedAfresh(NOTICE);
  }

  return {
    async request(call) {
      ended.signal.throwIfAborted();
      if (call.message.method === "initialize") return open(call);
      settings.note(call.message);
      const answer = await idempotent.send(call, () => inSession(call));
      if (call.message.method === "tools/list" && answer.kind === "response")
        idempotent.learn(answer.message);
      return answer;
    },

    async notify(message) {
      if (message.method !== "notifications/initialized" || state.kind !== "open" || !handshake) {
        told = told.then(() => tell(message)).catch(() => {});
        return told;
      }
      const session = state;
      handshake.initialized = message;
      session.settling = initialized(message, session).then(() => {
        delete session.settling;
      });
      await session.settling;
      if (state === session) listen(session);
    },

    async respond(message) {
      // One that the server of a lost session asked for would reach the new one, which did not.
      if (message.id !== null && !exchange.asked.delete(message.id)) return;
      // It waits for a handshake alone: the server may hold back its answer to `initialized` for it.
      if (state.kind === "opening" || state.kind === "reopening") await state.done;
      await exchange.tell(message.text, state.kind === "open" ? state : {}, "an answer to the server");
    },

    async close(how) {
      const last = state;
      state = { kind: "closed" };
      ended.abort();
      await exchange.close();
      if (how === "end" && last.kind === "open" && last.id !== undefined) await deleteSession(endpoint, last);
    },

    current: () =>
      state.kind === "open" && state.version !== undefined
        ? { ...(state.id === undefined ? {} : { id: state.id }), protocolVersion: state.version }
        : undefined,
  };
}

const asOpen = (session: SessionHeaders, remembered: boolean): OpenSession => ({
  ...session,
  kind: "open",
  remembered,
  stream: new AbortController(),
});

const savedHeaders = ({ id, protocolVersion }: SavedSession): SessionHeaders => ({
  ...(id === undefined ? {} : { id }),
  version: protocolVersion,
});

const quietly = (work: Promise<unknown>): Promise<void> =>
  work.then(
    () => {},
    () => {},
  );
