import { hostOf } from "../../net/network-error.ts";
import { sleep } from "../../timing/sleep.ts";
import { openEventStream } from "../legacy/http-sse/event-stream.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { oldTransport } from "../protocol/errors.ts";

/** How long a first POST may be silent before its address is asked by GET as well, in ms. */
const SILENT_MS = 3000;

/**
 * What a handshake by POST comes to. Where it is silent for long, its address may be one of the deprecated HTTP+SSE transport
 * (MCP 2024-11-05), which gateways hold a POST to: a GET beside it shows.
 *
 * @throws M2mcpError old_transport, where the GET brought an endpoint; what the handshake throws
 */
export async function orOldStream<T>(handshake: Promise<T>, endpoint: Endpoint): Promise<T> {
  const over = new AbortController();
  const found = new Promise<never>((_resolve, reject) => {
    sleep(SILENT_MS, over.signal)
      .then(() => openEventStream(endpoint, over.signal, async () => {}).address)
      .then(
        () => reject(oldTransport(hostOf(endpoint.url))),
        // None was found: the handshake alone counts.
        () => {},
      );
  });
  try {
    return await Promise.race([handshake, found]);
  } finally {
    over.abort();
  }
}
