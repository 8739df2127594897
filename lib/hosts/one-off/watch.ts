import type { JsonObject } from "../../json.ts";
import { createConnection } from "../../mcp/connection/connection.ts";
import { type NotificationMessage, request } from "../../mcp/jsonrpc/message.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { META_CAPABILITIES, META_CLIENT, META_VERSION } from "../../mcp/protocol/meta.ts";
import { ACKNOWLEDGED, type Filter, LISTEN, untagged } from "../../mcp/protocol/subscription.ts";
import { Cancellation } from "../../mcp/protocol/transport.ts";
import { MODERN_VERSION } from "../../mcp/protocol/versions.ts";
import { follow } from "../../timing/linked-abort.ts";
import { failureOf } from "../failure-of.ts";

export interface WatchOptions {
  clientInfo: { name: string; version: string };
  /** What is wanted. */
  filter: Filter;
  /** Ends it. */
  over: AbortSignal;
  /** Told what of it the server tells of: once. */
  onHonoured(filter: JsonObject): void;
  /** Told each change, without what ties it to the subscription. */
  onChange(method: string, params: JsonObject): void;
}

/**
 * Hears of a server's changes until `over`: as a client of 2026-07-28 with one subscription, which at a legacy server
 * becomes subscriptions in a session and its standalone stream. It outlives its connection.
 *
 * @throws M2mcpError when the server refuses it, cannot be reached, or ends it
 */
export async function watchChanges(
  endpoint: Endpoint,
  { clientInfo, filter, over, onHonoured, onChange }: WatchOptions,
): Promise<void> {
  const connection = createConnection({ endpoint, onMessage: async () => {} });
  const cancel = new AbortController();
  const pass = new AbortController();
  const unlink = follow(over, pass);
  pass.signal.addEventListener("abort", () => cancel.abort(new Cancellation()), { once: true });
  if (pass.signal.aborted) cancel.abort(new Cancellation());
  const _meta = { [META_VERSION]: MODERN_VERSION, [META_CLIENT]: clientInfo, [META_CAPABILITIES]: {} };
  const take = ({ method, params }: NotificationMessage) => {
    if (method === ACKNOWLEDGED) onHonoured((params.notifications ?? {}) as JsonObject);
    else onChange(method, untagged(params));
  };
  try {
    const answer = await connection.request({
      message: request("1", LISTEN, { notifications: filter, _meta }),
      signal: cancel.signal,
      onMessage: async (message) => {
        if (message.kind === "notification") take(message);
      },
    });
    const failure = failureOf(endpoint, answer);
    if (failure) throw failure;
  } catch (error) {
    if (!over.aborted) throw error;
  } finally {
    unlink();
    await connection.close("end");
  }
}
