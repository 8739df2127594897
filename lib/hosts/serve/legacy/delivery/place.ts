// Event ids of ours, for streams whose server has none: they say, sealed, who carries the request.
import type { Id } from "../../../../mcp/jsonrpc/id.ts";
import { deadlineMs } from "../../../../timing/deadline.ts";
import type { HostedSession, ServeContext } from "../../context.ts";

/** Where a client has stopped reading. */
export interface Place {
  /** The process that carried the request. */
  carrier: { a: string; i: string };
  /** The session's. */
  key: string;
  /** The client's request; absent where nothing was left to come. */
  request?: Id;
  /** Whether a question was open whose answer any process can go on with. */
  waits: boolean;
  /** The server's own event id, where ours stands before it. */
  serversId?: string;
  /** By when that is over, in ms since the epoch. */
  endsAtMs: number;
}

/** When a request that waits now is over, in ms since the epoch. */
export const endsAtMs = ({ endpoint }: ServeContext): number => Date.now() + deadlineMs(endpoint.timeoutMs);

/** @param delivery absent: nothing is left to come */
export function sealPlace(
  context: ServeContext,
  { key }: HostedSession,
  delivery: { id: Id; waits: boolean; serversId?: string | undefined } | undefined,
): string {
  const { self, seals } = context;
  return seals.seal("place", {
    a: self.address,
    i: self.instance,
    s: key,
    ...(delivery ? { r: delivery.id, e: endsAtMs(context) } : {}),
    ...(delivery?.waits ? { w: 1 } : {}),
    ...(delivery?.serversId === undefined ? {} : { u: delivery.serversId }),
  });
}

/** A place as it was sealed by any process; undefined for event ids of servers. */
export function readPlace({ seals }: ServeContext, lastEventId: string): Place | undefined {
  const { a, i, s, r, w, u, e } = seals.open("place", lastEventId) ?? {};
  if (typeof a !== "string" || typeof i !== "string" || typeof s !== "string") return undefined;
  return {
    carrier: { a, i },
    key: s,
    ...(typeof r === "string" ? { request: r } : {}),
    waits: w === 1,
    ...(typeof u === "string" ? { serversId: u } : {}),
    endsAtMs: Number(e),
  };
}
