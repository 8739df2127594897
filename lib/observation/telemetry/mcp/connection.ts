// What is seen of a connection to a server: its requests, and what goes either way besides.
import { type Attributes, SpanKind } from "@opentelemetry/api";
import type { Observe } from "../../../mcp/protocol/transport.ts";
import { serverAttributes } from "../server-address.ts";
import type { HostTransport, Telling } from "../telling.ts";
import { createMessageSpans } from "./messages.ts";
import { measured } from "./requests.ts";
import type { Side } from "./spans.ts";

/**
 * A connection whose requests are measured; they have spans, and so has what the server sends by itself.
 *
 * @param host what carries what is passed on to who asks; undefined: nothing is
 */
export function observeClient(telling: Telling, url: string, host: HostTransport | undefined): Observe {
  const server: Attributes = { "network.transport": "tcp", ...serverAttributes(new URL(url)) };
  const side: Side = { kind: SpanKind.CLIENT, attributes: server };
  return (onMessage) => {
    const { tracer } = telling;
    const messages = tracer && createMessageSpans(telling, tracer, server, host);
    return {
      onMessage: messages ? messages.heard(onMessage) : onMessage,
      over: (connection) => ({
        notify: (message) =>
          messages
            ? messages.notified(message, () => connection.notify(message))
            : connection.notify(message),
        respond(message) {
          messages?.answered(message);
          return connection.respond(message);
        },
        async close(how) {
          await connection.close(how);
          messages?.over();
        },
        request: (call) => measured(telling, side, call, (sent) => connection.request(sent), messages),
      }),
    };
  };
}
