import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import type { Schedule } from "../../timing/schedule.ts";
import { cookieTexts } from "../http/layers/cookies.ts";
import type { Id, Ids } from "../jsonrpc/id.ts";
import type { NotificationMessage, RequestMessage } from "../jsonrpc/message.ts";
import type { Answer } from "../protocol/answer.ts";
import type { Endpoint, SavedSession } from "../protocol/endpoint.ts";
import type { OnMessage } from "../protocol/transport.ts";
import { type Asked, judge } from "../protocol/verdict.ts";
import type { Losses } from "./losses.ts";
import type { SessionHeaders } from "./session-http.ts";
import type { SessionSettings } from "./session-settings.ts";
import type { SessionExchange } from "./traffic.ts";

/** The session as it stands with the server. */
export type SessionState =
  | { kind: "none" }
  /** A handshake is under way, and what comes meanwhile waits; the session before stays where the server gives no other. */
  | { kind: "opening"; done: Promise<void>; former: OpenSession | undefined; formerly: Session["handshake"] }
  | OpenSession
  /** The server forgot it; one attempt to open it again serves all who found it lost, and fails for all of them. */
  | { kind: "reopening"; done: Promise<void>; attempt: Promise<unknown> }
  | { kind: "closed" };

export interface OpenSession extends SessionHeaders {
  kind: "open";
  /** An earlier process opened it, and it has not answered yet. */
  remembered: boolean;
  /** While `notifications/initialized` is on its way: servers may refuse requests before it. */
  settling?: Promise<void>;
  /** Ends the standalone stream. */
  stream: AbortController;
}

/** A session and what belongs to it, for the functions that work on it. */
export interface Session {
  readonly endpoint: Endpoint;
  readonly ids: Ids;
  /** Takes what belongs to no request under way. */
  readonly onMessage: OnMessage;
  readonly exchange: SessionExchange;
  readonly settings: SessionSettings;
  readonly losses: Losses;
  /** The pace of the standalone streams, which one session after the other shares. */
  readonly streamSchedule: Schedule;
  /** Whether to keep the standalone stream open. */
  listens: boolean;
  /** Whether other processes carry it too. */
  readonly shared: boolean;
  /** What the servers of lost sessions asked: an answer would reach another, which did not. */
  readonly abandoned: Set<Id>;
  readonly ended: AbortController;
  state: SessionState;
  /** Sessions that the client has left by another handshake: they end with the last one. */
  readonly left: OpenSession[];
  /** The client's handshake, in which a lost session is opened again; absent for a session of an earlier process. */
  handshake: { initialize: RequestMessage; initialized?: NotificationMessage } | undefined;
  /** Notifications go out in their order. */
  told: Promise<unknown>;
}

export const asOpen = (session: SessionHeaders, remembered: boolean): OpenSession => ({
  ...session,
  kind: "open",
  remembered,
  stream: new AbortController(),
});

/** The session that there is, also while a handshake for another is under way. */
export const standing = (state: SessionState): OpenSession | undefined =>
  state.kind === "open" ? state : state.kind === "opening" ? state.former : undefined;

export const savedHeaders = ({ id, protocolVersion }: SavedSession): SessionHeaders => ({
  ...(id === undefined ? {} : { id }),
  version: protocolVersion,
});

/** Waits until messages may go out; resolves with what tells the session, if there is one. @throws M2mcpError at its end */
export async function whenReady(session: Session): Promise<OpenSession | undefined> {
  for (;;) {
    const { state } = session;
    if (state.kind === "closed") throw streamCut(hostOf(session.endpoint.url));
    if (state.kind === "none") return undefined;
    if (state.kind !== "open") await state.done;
    else if (state.settling) await state.settling;
    else return state;
  }
}

/** What was asked in this session, for the verdict on its answer. */
export const askedIn = ({ losses }: Session, method: string, used: OpenSession | undefined): Asked => ({
  era: "legacy",
  method,
  proven: true,
  inSession: used?.id !== undefined || used?.remembered === true,
  remembered: used?.remembered === true,
  refusedAfresh: losses.isOwnRefusal(method),
});

/** Whether an answer says that the server does not know the session. @param method empty for a stream */
export const isLostIn = (
  session: Session,
  used: OpenSession | undefined,
  method: string,
  answer: Answer,
): boolean => judge(askedIn(session, method, used), answer).kind === "session_lost";

/** The session as it stands, for another process to go on with. */
export function savedSession({ state, endpoint }: Session): SavedSession | undefined {
  if (state.kind !== "open" || state.version === undefined) return undefined;
  const cookies = cookieTexts(endpoint);
  return {
    ...(state.id === undefined ? {} : { id: state.id }),
    protocolVersion: state.version,
    ...(cookies.length === 0 ? {} : { cookies }),
  };
}
