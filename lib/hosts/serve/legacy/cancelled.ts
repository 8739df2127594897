import type { Id } from "../../../mcp/jsonrpc/id.ts";
import type { HostedSession } from "../context.ts";

/** Cancelled requests of a session that are remembered. */
const MOST_CANCELLED = 100;

/** A request that is not under way here: it may be asked for what a process had under way that has ended. */
export function noteCancelled({ cancelled }: HostedSession, id: Id): void {
  cancelled.add(id);
  const [oldest] = cancelled;
  if (cancelled.size > MOST_CANCELLED && oldest !== undefined) cancelled.delete(oldest);
}
