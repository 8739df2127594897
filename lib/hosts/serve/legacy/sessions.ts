// Sessions of legacy clients. What one is stands in its id, sealed, so that any process can go on with it; what is kept
// here only spares work.
import { isObject, type JsonObject } from "../../../json.ts";
import { createConnection } from "../../../mcp/connection/connection.ts";
import { createIds } from "../../../mcp/jsonrpc/id.ts";
import {
  notification,
  type RequestMessage,
  request as requestMessage,
} from "../../../mcp/jsonrpc/message.ts";
import { Pending } from "../../../mcp/jsonrpc/pending.ts";
import { errorIn } from "../../../mcp/protocol/answer.ts";
import type { SavedSession } from "../../../mcp/protocol/endpoint.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import { toClient } from "./to-client.ts";

/** Longest handshake that is kept in an id, in characters: servers and proxies limit headers to some KB in all. */
const MOST_SEALED = 2000;
const INITIALIZED = notification("notifications/initialized");
const ids = createIds();

/** A session as its client opens it, or as it came from another process. */
export function createSession(
  context: ServeContext,
  initialize: RequestMessage,
  resumed?: SavedSession,
): HostedSession {
  const { endpoint } = context;
  const handshake = { initialize, initialized: INITIALIZED };
  // Told while the connection is made.
  let side: HostedSession["side"];
  const session: HostedSession = {
    connection: createConnection({
      endpoint,
      onMessage: (message) => toClient(context, session, message, undefined),
      shared: {
        ...(resumed ? { resumed: { handshake, session: resumed } } : {}),
        onSide(now) {
          side = now;
        },
      },
    }),
    get side() {
      return side;
    },
    set side(now) {
      side = now;
    },
    initialize,
    version: "",
    id: "",
    sealed: "",
    owed: new Pending(),
    stream: undefined,
    questions: new Map(),
    replies: new Set(),
    underWay: 0,
    lastUsedMs: performance.now(),
  };
  return session;
}

/** The id that the client goes on with: another one where the server's session is another by now. */
export function idOfSession(context: ServeContext, session: HostedSession): string {
  const server = session.side?.session?.current();
  const key = serverSession(session);
  if (session.id !== "" && session.sealed === key) return session.id;
  const { params } = session.initialize;
  const isLong = JSON.stringify(params).length > MOST_SEALED;
  session.id = context.seals.seal("session", {
    v: session.version,
    ...(server ? { s: server } : {}),
    p: isLong ? bare(params) : params,
  });
  session.sealed = key;
  context.sessions.set(session.id, Promise.resolve(session));
  return session.id;
}

const bare = ({ protocolVersion, capabilities }: JsonObject): JsonObject => ({
  protocolVersion,
  capabilities: JSON.stringify(capabilities ?? {}).length > MOST_SEALED ? {} : capabilities,
  clientInfo: { name: "unknown", version: "0" },
});

/** The session that an id stands for; undefined where it is none of ours, or was ended here. */
export function sessionOf(context: ServeContext, id: string): Promise<HostedSession | undefined> {
  if (context.ended.has(id)) return Promise.resolve(undefined);
  const known = context.sessions.get(id);
  if (known) return known;
  const value = context.seals.open("session", id);
  if (!value || !isObject(value.p)) return Promise.resolve(undefined);
  const made = comeFromElsewhere(context, id, value, value.p);
  context.sessions.set(id, made);
  made.then(
    (session) => session ?? context.sessions.delete(id),
    () => context.sessions.delete(id),
  );
  return made;
}

/** @throws M2mcpError where the server has to be asked, and cannot be */
async function comeFromElsewhere(
  context: ServeContext,
  id: string,
  { v, s }: JsonObject,
  params: JsonObject,
): Promise<HostedSession | undefined> {
  const initialize = requestMessage(ids.next(), "initialize", params);
  const saved = isObject(s) ? (s as unknown as SavedSession) : undefined;
  const session = createSession(context, initialize, saved);
  session.version = String(v);
  if (saved) {
    return named(session, id);
  }
  // The server keeps no session that could be gone on with: what it is told of the client is told anew.
  const { connection } = session;
  const signal = new AbortController().signal;
  const answer = await connection.request({ message: initialize, signal, onMessage: async () => {} });
  if (errorIn(answer) || answer.kind === "refused") {
    await connection.close("end");
    return undefined;
  }
  if (session.side?.era !== "modern") await connection.notify(INITIALIZED);
  return named(session, id);
}

function named(session: HostedSession, id: string): HostedSession {
  session.id = id;
  session.sealed = serverSession(session);
  return session;
}

const serverSession = ({ side }: HostedSession): string => JSON.stringify(side?.session?.current() ?? null);
