// What legacy clients ask for besides (MCP 2025-11-25 "Listening for Messages from the Server", "Session Management").
import type { IncomingMessage } from "node:http";
import { type Message, notification } from "../../../mcp/jsonrpc/message.ts";
import { rpcErrorOf, toRpcError } from "../../../mcp/protocol/answer.ts";
import { WITH_BATCHES } from "../../../mcp/protocol/versions.ts";
import type { HostedSession, ServeContext } from "../context.ts";
import { one } from "../http/admission.ts";
import { type Reply, untilGone } from "../http/reply.ts";
import { type Place, readPlace } from "./delivery/place.ts";
import { takeReturn } from "./delivery/return.ts";
import { onStream } from "./delivery/to-client.ts";
import { noteEnd } from "./memory.ts";
import { sessionFor } from "./session-for.ts";
import { shownId } from "./session-id.ts";

/** GET: a stream, for as long as the client wants it, of what its server says besides answers. */
export async function takeStream(
  context: ServeContext,
  incoming: IncomingMessage,
  reply: Reply,
): Promise<void> {
  const lastEventId = one(incoming.headers["last-event-id"]);
  const place = lastEventId === undefined ? undefined : readPlace(context, lastEventId);
  const end = () => reply.endStream();
  // What comes of a request is waited for; a stream that waits for nothing ends with this process, whoever holds it.
  if (!place) context.endings.add(end);
  try {
    const session =
      (place && (await delivering(context, incoming, place))) ?? (await sessionFor(context, incoming, reply));
    if (session) await stream(context, session, { incoming, place, lastEventId }, reply);
  } finally {
    context.endings.delete(end);
  }
}

/** What a client asks to be told: of a request, or of nothing it asked. */
interface Wanted {
  incoming: IncomingMessage;
  place: Place | undefined;
  lastEventId: string | undefined;
}

async function stream(
  context: ServeContext,
  session: HostedSession,
  { incoming, place, lastEventId }: Wanted,
  reply: Reply,
): Promise<void> {
  if (session.failure) return reply.refuse(502, toRpcError(session.failure.error));
  if (lastEventId === undefined) {
    // One whose end we have not seen.
    session.stream?.end();
    session.stream = reply;
  }
  session.underWay++;
  try {
    if (place) await takeReturn(context, session, incoming, place, reply);
    else if (session.side?.session) await passStream(context, session, lastEventId, reply);
    else await holdStream(session, reply);
  } catch (error) {
    reply.refuse(502, toRpcError(error));
  } finally {
    session.underWay--;
    session.lastUsedMs = performance.now();
    if (session.stream === reply) session.stream = undefined;
    reply.end();
  }
}

/** The session where what is left of a request is here, though another process may hold the session by now. */
async function delivering(
  context: ServeContext,
  { headers }: IncomingMessage,
  { key, request }: Place,
): Promise<HostedSession | undefined> {
  if (request === undefined || shownId(context, headers)?.value.key !== key) return undefined;
  const session = await context.sessions.get(key)?.catch(() => undefined);
  return session?.deliveries.has(request) ? session : undefined;
}

/** The server's own stream. */
async function passStream(
  context: ServeContext,
  session: HostedSession,
  lastEventId: string | undefined,
  reply: Reply,
): Promise<void> {
  const { endpoint } = context;
  const isGuarded = endpoint.guard !== undefined;
  const refusal = await session.side?.session?.stream({
    ...(lastEventId === undefined || isGuarded ? {} : { lastEventId }),
    signal: reply.gone,
    onGranted: () => reply.stream(),
    async onMessage(message: Message) {
      if (message.kind !== "response") return onStream(context, session, message, reply);
      if (isGuarded) return;
      await reply.event(message.text);
      // That was the last of a request's stream; servers may keep it open.
      if (lastEventId !== undefined && session.version !== WITH_BATCHES) reply.end();
    },
    onEventId: (id, isAlone, retryMs) => (isGuarded ? undefined : reply.eventId(id, isAlone, retryMs)),
  });
  if (!refusal) return;
  const { status } = refusal;
  // Servers that have no such stream say so in many ways; whether the session is lost, the next request tells.
  const told = lastEventId === undefined && status === 404 ? 405 : status;
  const passes = told === 404 || told === 405 || told === 409 || told === 400;
  reply.refuse(passes ? told : 502, rpcErrorOf(refusal, endpoint.url));
}

/** A stream of our own, which takes what comes here. */
async function holdStream(session: HostedSession, reply: Reply): Promise<void> {
  reply.stream();
  if (session.side?.era === "modern")
    await session.connection.notify(notification("notifications/initialized"));
  await untilGone(reply);
}

/** DELETE: the client wants the session no more. */
export async function endSession(
  context: ServeContext,
  incoming: IncomingMessage,
  reply: Reply,
): Promise<void> {
  const session = await sessionFor(context, incoming, reply);
  if (!session) return;
  // Nobody goes on with it: no later id is told.
  reply.onBegin = undefined;
  context.sessions.delete(session.key);
  const noted = noteEnd(context, session.key);
  session.stream?.end();
  await Promise.all([noted, session.connection.close("end")]);
  reply.whole(200);
}
