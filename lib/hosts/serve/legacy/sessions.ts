// Sessions of legacy clients, as far as this process has them: what is kept here only spares work. @see session-id.ts
import { createConnection } from "../../../mcp/connection/connection.ts";
import { createIds } from "../../../mcp/jsonrpc/id.ts";
import {
  notification,
  type RequestMessage,
  request as requestMessage,
} from "../../../mcp/jsonrpc/message.ts";
import { Pending } from "../../../mcp/jsonrpc/pending.ts";
import { errorIn } from "../../../mcp/protocol/answer.ts";
import type { Transport } from "../../../mcp/protocol/transport.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import { toClient } from "./delivery/to-client.ts";
import { contentOf, type SessionId, type ShownId } from "./session-id.ts";
import { createSettings } from "./settings.ts";

const INITIALIZED = notification("notifications/initialized");
const ids = createIds();

/** A session as its client opens it, or as it came from another process. */
export function createSession(
  context: ServeContext,
  initialize: RequestMessage,
  came?: SessionId,
): HostedSession {
  const { endpoint } = context;
  const handshake = { initialize, initialized: INITIALIZED };
  const unconnected = unconnectedSession(initialize, came);
  const connection = createConnection({
    endpoint,
    onMessage: (message) => toClient(context, session, message, undefined),
    shared: {
      ...(came?.server ? { resumed: { handshake, session: came.server } } : {}),
      settings: unconnected.settings,
      // Told while the connection is made, too.
      onSide(side) {
        unconnected.side = side;
      },
    },
  });
  const session: HostedSession = Object.assign(unconnected, { connection });
  return session;
}

/** All of a session but what it has to do with its server. */
const unconnectedSession = (
  initialize: RequestMessage,
  came: SessionId | undefined,
): Omit<HostedSession, "connection"> => ({
  side: undefined,
  initialize,
  key: came?.key ?? crypto.randomUUID(),
  version: came?.version ?? "",
  id: "",
  turn: came?.turn ?? 0,
  sealed: "",
  settings: createSettings(came?.settings),
  owed: new Pending(),
  stream: undefined,
  deliveries: new Map(),
  cancelled: new Set(),
  questions: new Map(),
  replies: new Set(),
  underWay: 0,
  lastUsedMs: performance.now(),
});

/** The session that an id stands for; undefined where it was ended, or the server will not have it. */
export async function sessionOf(context: ServeContext, shown: ShownId): Promise<HostedSession | undefined> {
  const { key, turn } = shown.value;
  if (context.ended.has(key)) return undefined;
  const known = context.sessions.get(key);
  if (!known) return come(context, shown);
  const session = await known;
  if (!session || turn <= session.turn) return session;
  return (await isBroughtUp(session, shown)) ? session : come(context, shown);
}

/** A session that another process has made, or this one before. @throws M2mcpError where the server cannot be asked */
function come(context: ServeContext, shown: ShownId): Promise<HostedSession | undefined> {
  const { sessions } = context;
  const { key } = shown.value;
  const made = comeFromElsewhere(context, shown);
  sessions.set(key, made);
  const forget = () => {
    if (sessions.get(key) === made) sessions.delete(key);
  };
  made.then((session) => session ?? forget(), forget);
  return made;
}

/** A session whose server is away: what is asked in it fails as it does anywhere, and is seen by whoever watches. */
export function unreachable(context: ServeContext, { value }: ShownId, error: unknown): HostedSession {
  const initialize = requestMessage(ids.next(), "initialize", value.params);
  const nothing: Transport = {
    request: () => Promise.reject(error),
    async notify() {},
    async respond() {},
    async close() {},
  };
  const connection = context.endpoint.observe?.(async () => {}, initialize).over(nothing) ?? nothing;
  return { ...unconnectedSession(initialize, value), connection, failure: { error } };
}

async function comeFromElsewhere(
  context: ServeContext,
  { text, value }: ShownId,
): Promise<HostedSession | undefined> {
  const initialize = requestMessage(ids.next(), "initialize", value.params);
  const session = createSession(context, initialize, value);
  named(session, text, value);
  if (value.server) return session;
  // The server keeps no session that could be gone on with: what it is told of the client is told anew.
  const { connection, settings } = session;
  const answer = await ask(session, initialize);
  if (errorIn(answer) || answer.kind === "refused") {
    await connection.close("end");
    return undefined;
  }
  if (session.side?.era !== "modern") await connection.notify(INITIALIZED);
  await setAll(session, settings.all());
  return session;
}

/** Brings a session up to what its client has set elsewhere; whether it can be: one at another session of the server's cannot. */
async function isBroughtUp(session: HostedSession, { text, value }: ShownId): Promise<boolean> {
  const current = session.side?.session?.current();
  if (value.server && value.server.id !== current?.id) return false;
  const changes = session.settings.take(value.settings);
  session.turn = value.turn;
  named(session, text, value);
  // At a session of the server's own it holds already.
  if (!value.server) await setAll(session, changes);
  return true;
}

async function setAll(session: HostedSession, requests: readonly RequestMessage[]): Promise<void> {
  await Promise.all(requests.map((message) => ask(session, message).catch(() => {})));
}

const ask = ({ connection }: HostedSession, message: RequestMessage) =>
  connection.request({ message, signal: new AbortController().signal, onMessage: async () => {} });

function named(session: HostedSession, id: string, value: SessionId): void {
  session.id = id;
  session.sealed = contentOf(value);
}
