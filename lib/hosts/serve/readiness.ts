import { M2mcpError } from "../../failure.ts";
import { createConnection } from "../../mcp/connection/connection.ts";
import { createIds } from "../../mcp/jsonrpc/id.ts";
import { request as requestMessage } from "../../mcp/jsonrpc/message.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { Detachment } from "../../mcp/protocol/transport.ts";
import { withDeadline } from "../../timing/deadline.ts";
import { follow } from "../../timing/linked-abort.ts";

/** What was found is told for so long without looking again, in ms: probes come often. */
const GOOD_MS = 2000;
/** How long a look may take, in ms. */
const LOOK_MS = 5000;

export interface Readiness {
  /** Whether a token is at hand and the server answers. Never rejects. */
  look(signal: AbortSignal): Promise<{ ok: boolean; words: string }>;
  end(): Promise<void>;
}

/** Looks after the server in our own name, one look for all who ask. */
export function createReadiness(endpoint: Endpoint): Readiness {
  const ids = createIds();
  const { guard: _guard, observe: _observe, ...bare } = endpoint;
  const connection = createConnection({
    endpoint: bare,
    onMessage: async () => {},
    own: { clientInfo: { name: "m2mcp", version: "0" }, capabilities: {} },
  });
  let last: { atMs: number; found: Promise<{ ok: boolean; words: string }> } | undefined;
  const ask = async (signal: AbortSignal) => {
    await endpoint.authorization.headers({ method: "POST", url: endpoint.url });
    const message = requestMessage(ids.next(), "ping", {});
    const answer = await connection.request({ message, signal, onMessage: async () => {} });
    // A server that does not know the method is one that answers.
    if (answer.kind === "refused" && !answer.error)
      throw new Error(`the server answers with ${answer.status}`);
  };
  const look = async (ended: AbortSignal) => {
    const cancel = new AbortController();
    const unlink = follow(ended, cancel);
    try {
      await withDeadline(ask(cancel.signal), LOOK_MS, () => new Error("the server gives no answer"));
      return { ok: true, words: "ready" };
    } catch (error) {
      // Probes come again and again: at a silent server nothing of them is left, be it word that they are given up.
      cancel.abort(new Detachment());
      // Without addresses or a server's own words: whoever asks need show no secret.
      const words =
        error instanceof M2mcpError ? error.code : error instanceof Error ? error.message : "it failed";
      return { ok: false, words };
    } finally {
      unlink();
    }
  };
  return {
    look(signal) {
      const nowMs = performance.now();
      if (!last || nowMs - last.atMs > GOOD_MS) last = { atMs: nowMs, found: look(signal) };
      return last.found;
    },
    end: () => connection.close("end"),
  };
}
