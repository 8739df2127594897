// The ids of legacy sessions: what a session is stands in its id, sealed, so that any process can go on with it.
import { isObject, type JsonObject } from "../../../json.ts";
import { keepLatest } from "../../../keep-latest.ts";
import type { SavedSession } from "../../../mcp/protocol/endpoint.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import { type Head, one } from "../http/admission.ts";
import type { Settings } from "./settings.ts";

export const SESSION = "mcp-session-id";
/** Clients that take an id with their handshake alone, but keep cookies, bring the latest one by this. */
const COOKIE = "m2mcp-session";
/** Longest id before it is sealed, in characters: servers and proxies limit headers to some KB in all. */
const MOST_SEALED = 2200;
/** Longest handshake in it, and longest word of what was set, in characters. */
const MOST_OF = { handshake: 1400, word: 400 };
/** Ids that are remembered as they were read. */
const MOST_READ = 10_000;

/** What an id holds. */
export interface SessionId {
  /** The same in all ids of one session. */
  key: string;
  /** Which of them it is: of two, the greater one is the later. */
  turn: number;
  /** The version that was agreed with the client. */
  version: string;
  /** Of the client's handshake. */
  params: JsonObject;
  /** The server's own session, where any process can go on with that. */
  server?: SavedSession;
  /** The address of the process that holds the session, where one alone can. */
  holder?: string;
  settings: Settings;
}

/** An id as a client shows it. */
export interface ShownId {
  text: string;
  value: SessionId;
}

/** The id that a request names, or a later one of the same session; undefined for what is none of ours. */
export function shownId(context: ServeContext, head: Head): ShownId | undefined {
  const text = one(head[SESSION]) ?? "";
  const value = readId(context, text);
  if (!value) return undefined;
  const cookie = one(head.cookie);
  const [, later = ""] = (cookie && new RegExp(`(?:^|;\\s*)${COOKIE}=([^;\\s]+)`).exec(cookie)) || [];
  const laterValue = later === "" ? undefined : readId(context, later);
  return laterValue?.key === value.key && laterValue.turn > value.turn
    ? { text: later, value: laterValue }
    : { text, value };
}

/** The same id as a cookie (`Set-Cookie`), for clients that take no new one. */
export const cookieOf = (id: string): string => `${COOKIE}=${id}; Path=/mcp; HttpOnly; SameSite=Strict`;

/** What an id holds; undefined for what is none of ours. */
export function readId({ seals, read }: ServeContext, text: string): SessionId | undefined {
  const known = read.get(text);
  if (known) return known;
  const { k, n, v, p, s, a, l, u } = seals.open("session", text) ?? {};
  if (typeof k !== "string" || typeof n !== "number" || typeof v !== "string" || !isObject(p))
    return undefined;
  const value: SessionId = {
    key: k,
    turn: n,
    version: v,
    params: p,
    ...(isObject(s) ? { server: s as unknown as SavedSession } : {}),
    ...(typeof a === "string" ? { holder: a } : {}),
    settings: { ...(typeof l === "string" ? { level: l } : {}), uris: Array.isArray(u) ? u.map(String) : [] },
  };
  keepLatest(read, text, value, MOST_READ);
  return value;
}

/** The id that a client goes on with: another one where what it holds is another by now. */
export function idOfSession(context: ServeContext, session: HostedSession): string {
  const value = heldBy(context, session);
  const content = contentOf(value);
  if (session.id !== "" && session.sealed === content) return session.id;
  const { version, params, server, holder, settings } = value;
  const sealed = {
    k: session.key,
    n: ++session.turn,
    v: version,
    p: JSON.stringify(params).length > MOST_OF.handshake ? bare(params) : params,
    ...(server ? { s: server } : {}),
    ...(holder === undefined ? {} : { a: holder }),
    ...(settings.level !== undefined && settings.level.length < MOST_OF.word ? { l: settings.level } : {}),
  };
  const uris = fitting(settings.uris, MOST_SEALED - JSON.stringify(sealed).length);
  session.id = context.seals.seal("session", { ...sealed, ...(uris.length > 0 ? { u: uris } : {}) });
  session.sealed = content;
  return session.id;
}

function heldBy(context: ServeContext, session: HostedSession): SessionId {
  const { key, turn, version, initialize, side, settings } = session;
  const server = side?.session?.current();
  return {
    key,
    turn,
    version,
    params: initialize.params,
    ...(server ? { server } : {}),
    ...(side?.isHeldHere ? { holder: context.self.address } : {}),
    settings: settings.now(),
  };
}

/** What makes an id another one. */
export const contentOf = ({ server, holder, settings }: SessionId): string =>
  JSON.stringify([server, holder, settings.level, settings.uris]);

/** The latest subscriptions that have room. */
function fitting(uris: readonly string[], room: number): string[] {
  let left = room;
  const fit = [...uris].reverse().filter((uri) => {
    const takes = JSON.stringify(uri).length + 1;
    if (uri.length > MOST_OF.word || takes > left) return false;
    left -= takes;
    return true;
  });
  return fit.reverse();
}

const bare = ({ protocolVersion, capabilities }: JsonObject): JsonObject => ({
  protocolVersion,
  capabilities: JSON.stringify(capabilities ?? {}).length > MOST_OF.handshake ? {} : capabilities,
  clientInfo: { name: "unknown", version: "0" },
});
