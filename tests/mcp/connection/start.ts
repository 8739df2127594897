// A connection to a server without a network, of either era.
import { createConnection } from "../../../lib/mcp/connection/connection.ts";
import { notification } from "../../../lib/mcp/jsonrpc/message.ts";
import type { Endpoint, ServerMemory } from "../../../lib/mcp/protocol/endpoint.ts";
import {
  type Answering,
  bare,
  callOf,
  fakeEndpoint,
  hostSteps,
  inShort,
  json,
  refuse,
  result,
} from "../../support/mcp/fake-endpoint.ts";
import { META } from "../../support/messages.ts";

export const INITIALIZED = notification("notifications/initialized");
export const CHANGED = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
const OWN = { clientInfo: { name: "own", version: "1" }, capabilities: {} };

/** A legacy server; `answer` answers what comes in its session. */
export const legacy =
  (answer: Answering = (sent) => result(sent, { text: "legacy" })): Answering =>
  (sent) => {
    if (sent.http === "GET") return bare(405);
    if (sent.method === "server/discover") return refuse(sent, 400, -32601);
    if (sent.method === "initialize")
      return json(
        {
          jsonrpc: "2.0",
          id: sent.id,
          result: { protocolVersion: "2025-11-25", capabilities: { tools: { listChanged: true } } },
        },
        200,
        { "mcp-session-id": "s1" },
      );
    if (sent.id === undefined) return bare(202);
    return sent.session === null ? refuse(sent, 400, -32000, "no session") : answer(sent);
  };
/** A modern server; `answer` answers what is neither a handshake nor a discovery. */
export const modern =
  (answer: Answering = (sent) => result(sent, { resultType: "complete", text: "modern" })): Answering =>
  (sent) => {
    if (sent.http !== "POST" || sent.method === "initialize")
      return sent.http === "POST" ? refuse(sent, 404, -32601) : bare(405);
    if (sent.method === "server/discover")
      return result(sent, {
        resultType: "complete",
        supportedVersions: ["2026-07-28"],
        capabilities: { tools: { listChanged: true } },
      });
    return sent.id === undefined ? bare(202) : answer(sent);
  };

/** A connection to a server that can be exchanged, and what its host hears and is answered, in order. */
export function startConnection(
  first: Answering,
  { own = false, memory, ...more }: Partial<Endpoint> & { own?: boolean; memory?: ServerMemory } = {},
) {
  let server = first;
  const endpoint = fakeEndpoint((sent) => server(sent), more);
  endpoint.memory = memory;
  const order: string[] = [];
  const onMessage = async ({ method }: { method: string }) => void order.push(method);
  const connection = createConnection({ endpoint, onMessage, ...(own ? { own: OWN } : {}) });
  const ask = (id: string, method = "tools/call", params: object = { name: "x" }, signal?: AbortSignal) =>
    connection
      .request(callOf(method, { id, params, onMessage, ...(signal ? { signal } : {}) }))
      .then(async (said) => {
        await hostSteps();
        order.push(`answer ${id}`);
        return inShort(said);
      });
  const initialize = () => ask('"init"', "initialize", { protocolVersion: "2025-11-25", capabilities: {} });
  const askModern = (id: string, method = "tools/call") => ask(id, method, { name: "x", _meta: META });
  return {
    endpoint,
    connection,
    order,
    ask,
    askModern,
    initialize,
    exchange: (next: Answering) => {
      server = next;
    },
  };
}
