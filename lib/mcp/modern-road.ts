import type { ErrorAnswer } from "./answers.ts";
import { backoffMs } from "./backoff.ts";
import { META_CAPABILITIES, META_CLIENT, META_VERSION, MODERN_VERSION } from "./era.ts";
import { sleep } from "./http.ts";
import { isObject, type RequestMessage, request as requestMessage } from "./messages.ts";
import { createModernServer } from "./modern.ts";
import type { Deliver, Road } from "./road.ts";
import type { Endpoint } from "./types.ts";

/** A stream that lasted this long was no failure, in ms. */
const LASTED_MS = 5000;

/** A modern client with a modern server: messages pass on, headers are added, cut listen streams come back. */
export function createModernRoad(endpoint: Endpoint, deliver: Deliver): Road {
  const server = createModernServer(endpoint);
  const ended = new AbortController();
  const cancelled = new Set<unknown>();

  /** A subscription outlives its connection: it is asked for again until it ends by a word of either side. */
  async function listen(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    let acknowledged = false;
    for (let failures = 0; ; ) {
      const startedMs = performance.now();
      try {
        const failure = await server.request(message, async (read) => {
          const acknowledges =
            read.kind === "notification" && read.method === "notifications/subscriptions/acknowledged";
          if (!acknowledges) failures = 0;
          if (acknowledges && acknowledged) return;
          if (acknowledges) acknowledged = true;
          await deliver(read);
        });
        if (failure === undefined || !acknowledged) return failure;
      } catch (error) {
        if (!acknowledged || ended.signal.aborted || cancelled.delete(message.id)) throw error;
      }
      failures = performance.now() - startedMs > LASTED_MS ? 1 : failures + 1;
      await sleep(backoffMs(failures, 1000), ended.signal);
    }
  }

  return {
    request: (message) =>
      message.method === "subscriptions/listen" ? listen(message) : server.request(message, deliver),
    async notify(message) {
      // The only notification a modern client has: on HTTP, closing the stream says it (MCP "Cancellation").
      const { requestId } = message.params;
      if (message.method !== "notifications/cancelled") return;
      if (typeof requestId !== "string" && typeof requestId !== "number") return;
      cancelled.add(requestId);
      server.cancel(requestId);
      cancelled.delete(requestId);
    },
    async respond() {},
    async close() {
      ended.abort();
      server.close();
    },
  };
}

/**
 * Asks a server of unknown era for `server/discover`, in the name of the client whose request waits.
 * Resolves to nothing when it is modern, else to its refusal.
 */
export async function discover(
  endpoint: Endpoint,
  waiting: RequestMessage,
): Promise<ErrorAnswer | undefined> {
  const meta = isObject(waiting.params._meta) ? waiting.params._meta : {};
  const _meta = {
    [META_VERSION]: meta[META_VERSION] ?? MODERN_VERSION,
    [META_CLIENT]: meta[META_CLIENT],
    [META_CAPABILITIES]: meta[META_CAPABILITIES] ?? {},
  };
  return createModernServer(endpoint).request(
    requestMessage("m2mcp-discover", "server/discover", { _meta }),
    async () => {},
  );
}
