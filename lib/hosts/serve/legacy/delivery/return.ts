// A client whose stream broke off comes back for what is left of it, to whatever process.
import type { IncomingMessage } from "node:http";
import { type Id, idValue } from "../../../../mcp/jsonrpc/id.ts";
import { errorResponse, notification } from "../../../../mcp/jsonrpc/message.ts";
import { toRpcError } from "../../../../mcp/protocol/answer.ts";
import { streamCut } from "../../../../net/errors.ts";
import { sleep } from "../../../../timing/sleep.ts";
import type { HostedSession, ServeContext } from "../../context.ts";
import type { Reply } from "../../http/reply.ts";
import { FORWARDED, forward, placeOf } from "../../peers.ts";
import { deliverTo } from "./delivery.ts";
import { type Place, sealPlace } from "./place.ts";
import { onStream } from "./to-client.ts";

/** How long a client is kept whose answer may come to this process, and after what time it asks the next, in ms. */
const STAY_MS = 1000;
const AGAIN_MS = 500;
/** Between two looks, in ms. */
const LOOK_MS = 50;

/** Goes on where a client has stopped reading. */
export async function takeReturn(
  context: ServeContext,
  session: HostedSession,
  incoming: IncomingMessage,
  place: Place,
  reply: Reply,
): Promise<void> {
  const { carrier, request, waits, endsAtMs, serversId } = place;
  if (request === undefined || place.key !== session.key) return nothingLeft(reply);
  const known = session.deliveries.get(request);
  if (known) return deliverTo(context, session, known, reply);
  if (session.cancelled.has(request)) return nothingLeft(reply);
  const where = placeOf(context, carrier);
  if (where === "here" && serversId === undefined) return nothingLeft(reply);
  const to = { address: carrier.a, body: new Uint8Array() };
  if (where === "elsewhere" && incoming.headers[FORWARDED] === undefined)
    if (await forward(context, incoming, reply, to)) return;
  if (serversId !== undefined && (await isResumed(context, session, request, serversId, reply))) return;
  if (!waits || Date.now() > endsAtMs) return tellLost(context, session, request, reply);
  // The process that gets the answer to the question has what comes of it.
  const untilMs = performance.now() + STAY_MS;
  reply.stream();
  while (performance.now() < untilMs && !reply.isGone) {
    await sleep(LOOK_MS);
    const come = session.deliveries.get(request);
    if (come) return deliverTo(context, session, come, reply);
  }
  await reply.eventId(again(context, session, place), true, AGAIN_MS);
  reply.end();
}

/** The server's own stream of a request, by ids of ours; whether it was to be had. */
async function isResumed(
  context: ServeContext,
  session: HostedSession,
  id: Id,
  serversId: string,
  reply: Reply,
): Promise<boolean> {
  const refusal = await session.side?.session?.stream({
    lastEventId: serversId,
    signal: reply.gone,
    onGranted: () => reply.stream(),
    async onMessage(message) {
      if (message.kind !== "response") return onStream(context, session, message, reply);
      if (message.id !== id) return;
      await reply.eventId(sealPlace(context, session, undefined), false);
      await reply.event(message.text);
      reply.end();
    },
    onEventId: (now, isAlone, retryMs) =>
      reply.eventId(sealPlace(context, session, { id, waits: false, serversId: now }), isAlone, retryMs),
  });
  return refusal === undefined && reply.isBegun;
}

/** The place as it was, which any process reads. */
const again = (
  context: ServeContext,
  { key }: HostedSession,
  { carrier, request, endsAtMs }: Place,
): string => context.seals.seal("place", { ...carrier, s: key, r: request, w: 1, e: endsAtMs });

const nothingLeft = (reply: Reply): void => {
  reply.header("allow", "POST, DELETE");
  reply.refuse(405, { code: -32000, message: "nothing is left of this stream" });
};

/** Nobody has the answer: better said than waited for. The server need not go on. */
async function tellLost(
  context: ServeContext,
  session: HostedSession,
  request: string,
  reply: Reply,
): Promise<void> {
  const reason = "the process that carried it has ended";
  if (session.side?.session)
    void session.connection.notify(
      notification("notifications/cancelled", { requestId: idValue(request), reason }),
    );
  const error = toRpcError(streamCut("the process that carried it"));
  await reply.eventId(sealPlace(context, session, undefined), false);
  await reply.event(errorResponse(request, error).text);
  reply.end();
}
