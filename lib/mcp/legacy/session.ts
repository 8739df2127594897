// The legacy era over Streamable HTTP (MCP 2025-03-26 to 2025-11-25): sessions, their streams and their loss.
import { createSchedule } from "../../timing/schedule.ts";
import { until } from "../../timing/until.ts";
import { restoreCookies } from "../http/layers/cookies.ts";
import { inTurn } from "../http/tell.ts";
import type { Ids } from "../jsonrpc/id.ts";
import type { NotificationMessage, ResponseMessage } from "../jsonrpc/message.ts";
import type { Answer, Refused } from "../protocol/answer.ts";
import type { Endpoint, SavedSession } from "../protocol/endpoint.ts";
import { createIdempotent } from "../protocol/repeat-idempotent.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { createLosses } from "./losses.ts";
import { openSession } from "./open-session.ts";
import { isOwnRefusal, listen, reopen, tellInitialized } from "./reopen-session.ts";
import { createSessionExchange } from "./session-exchange.ts";
import { deleteSession } from "./session-http.ts";
import { createSessionSettings, type SessionSettings } from "./session-settings.ts";
import {
  askedIn,
  asOpen,
  type Session,
  savedHeaders,
  savedSession,
  standing,
  whenReady,
} from "./session-state.ts";
import { openStream, type StreamOptions } from "./streams/open-stream.ts";

/** How long requests wait for a stream that is to be heard, in ms. */
const GRANT_MS = 300;
/** All notifications learn from each other: servers refuse alike those that they do not know. */
const NOTICE = "notifications/*";

export interface LegacySessionOptions {
  endpoint: Endpoint;
  ids: Ids;
  /** Takes what belongs to no request under way. */
  onMessage: OnMessage;
  /** A session that an earlier process opened, to go on with. */
  resumed?: SavedSession;
  /** Whether to keep the standalone stream open once the handshake is done. */
  listens?: boolean;
  /** Other processes carry the same session beside this one: what its server asks may be answered through any of them. */
  shared?: boolean;
  /** The handshake that an earlier process did, in which the session is opened again where the server forgets it. */
  handshake?: Session["handshake"];
  /** What the client has set, in other processes too; absent: noted here. */
  settings?: SessionSettings;
}

export interface LegacySession extends Transport {
  /** The session as it stands, for a later process to go on with. */
  current(): SavedSession | undefined;
  /** Opens the standalone stream where it is not open; waits for it, but not long. Never rejects. */
  hear(): Promise<void>;
  /** Streams that others ask for, one by one. @see openStream */
  stream(options: StreamOptions): Promise<Refused | undefined>;
}

/**
 * A session with a legacy server over Streamable HTTP: every message is a POST of its own, answers come as JSON or SSE, a
 * standalone stream carries what the server says besides. Broken streams are resumed where they can be; a session that the
 * server forgot is opened again, unnoticed by the client.
 */
export function createLegacySession(options: LegacySessionOptions): LegacySession {
  const { endpoint, onMessage, resumed } = options;
  const idempotent = createIdempotent(endpoint, options.ids);
  if (resumed?.cookies) restoreCookies(endpoint, resumed.cookies);
  const session: Session = {
    endpoint,
    ids: options.ids,
    onMessage,
    exchange: createSessionExchange(endpoint, onMessage),
    settings: options.settings ?? createSessionSettings(),
    losses: createLosses(),
    streamSchedule: createSchedule(),
    listens: options.listens ?? true,
    shared: options.shared ?? false,
    abandoned: new Set(),
    ended: new AbortController(),
    state: resumed ? asOpen(savedHeaders(resumed), true) : { kind: "none" },
    left: [],
    handshake: options.handshake,
    told: Promise.resolve(),
  };
  return {
    request(call) {
      const { message } = call;
      const { aborted, reason } = session.ended.signal;
      if (aborted) return Promise.reject(reason);
      if (message.method === "initialize") return openSession(session, call);
      session.settings.note(message);
      const sent = idempotent.send(call, (made) => send(session, made));
      if (message.method !== "tools/list") return sent;
      return sent.then((answer) => {
        if (answer.kind === "response") idempotent.learn(answer.message);
        return answer;
      });
    },
    notify: (message) => notify(session, message),
    respond: (message) => respond(session, message),
    close: (how) => close(session, how),
    current: () => savedSession(session),
    hear: () => hear(session),
    stream: (stream) => openStream(session, stream),
  };
}

/** The standalone stream of a session that kept none so far. A server may be silent on it until it has something to say. */
async function hear(session: Session): Promise<void> {
  if (session.listens) return;
  session.listens = true;
  const opened = await whenReady(session).catch(() => undefined);
  if (opened) await until(listen(session, opened), GRANT_MS);
}

/** A request, and again in a new session where the server has forgotten this one. */
async function send(session: Session, call: Call): Promise<Answer> {
  const { exchange, losses } = session;
  const { method } = call.message;
  for (let reopenings = 0; ; reopenings++) {
    const { state } = session;
    const used = state.kind === "open" && !state.settling ? state : await whenReady(session);
    if (call.signal.aborted) throw call.signal.reason;
    const answer = await exchange.send(call, used ?? {});
    const verdict = judge(askedIn(session, method, used), answer);
    if (answer.kind === "response" && used) used.remembered = false;
    if (verdict.kind === "answered") losses.answered(method);
    // One of an earlier process is the connection's to mend.
    if (verdict.kind !== "session_lost" || !used || !session.handshake) return answer;
    if (await isOwnRefusal(session, used, reopenings, verdict)) {
      losses.refusedAfresh(method);
      return answer;
    }
    await reopen(session, used);
  }
}

async function notify(session: Session, message: NotificationMessage): Promise<void> {
  const { handshake, state } = session;
  if (message.method !== "notifications/initialized" || state.kind !== "open" || !handshake) {
    session.told = inTurn(session.told, () => tell(session, message));
    return void (await session.told);
  }
  handshake.initialized = message;
  state.settling = tellInitialized(session, message, state).then(() => {
    delete state.settling;
  });
  await state.settling;
  if (session.state === state) void listen(session, state);
}

/** A notification, and once more in a new session where the server has forgotten this one. */
async function tell(session: Session, { text, method }: NotificationMessage): Promise<void> {
  const { exchange, losses, endpoint } = session;
  const used = await whenReady(session);
  const refusal = await exchange.tell(text, used ?? {}, method);
  if (!refusal || !used || !session.handshake) return;
  // What a fresh session refused too says nothing of this one.
  if (losses.isOwnRefusal(NOTICE) || judge(askedIn(session, method, used), refusal).kind !== "session_lost")
    return;
  try {
    await reopen(session, used);
  } catch {
    endpoint.log(`${method} is lost with its session`);
    return;
  }
  if (await exchange.tell(text, (await whenReady(session)) ?? {}, method)) losses.refusedAfresh(NOTICE);
}

async function respond(session: Session, answer: ResponseMessage): Promise<void> {
  // One that the server of a lost session asked for would reach the new one, which did not.
  const { id } = answer;
  const isOurs = id === null || session.exchange.asked.delete(id);
  if (!isOurs && (!session.shared || session.abandoned.delete(id))) return;
  // It waits for a handshake alone: the server may hold back its answer to `initialized` for it.
  const { state } = session;
  if (state.kind === "opening" || state.kind === "reopening") await state.done;
  await session.exchange.reply(answer, session.state.kind === "open" ? session.state : {});
}

async function close(session: Session, how: "end" | "leave"): Promise<void> {
  const last = standing(session.state);
  if (last) session.left.push(last);
  session.state = { kind: "closed" };
  session.ended.abort();
  await session.exchange.close();
  if (how === "end") await Promise.all(session.left.map((one) => deleteSession(session.endpoint, one)));
}
