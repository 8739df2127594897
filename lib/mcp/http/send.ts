// HTTP to an MCP endpoint: requests through layers, bodies, event streams and what they carry.
import type { Endpoint } from "../protocol/endpoint.ts";
import type { HttpResponse } from "./body.ts";
import { authorize } from "./layers/authorize.ts";
import { cookies } from "./layers/cookies.ts";
import { fetchOnce } from "./layers/fetch-once.ts";
import {
  compose,
  composeUponFailure,
  type HttpRequest,
  type Layer,
  type LocatedRequest,
  type Send,
} from "./layers/layer.ts";
import { reconnect } from "./layers/reconnect.ts";
import { redirect } from "./layers/redirect.ts";
import { retryLater } from "./layers/retry-later.ts";

/** The layers of each endpoint, made once. */
const layered = new WeakMap<Endpoint, Send>();

/**
 * Sends one request to the MCP endpoint: authorizes it, sends back the server's cookies, follows redirects within the
 * origin, waits where the server asks for it (429 and 503 with `Retry-After`), tries a refused connection again for
 * `reconnectMs`. Any status but those comes back to the caller. In all of these the server has not acted on the request;
 * one that it may have acted on is never sent again here.
 *
 * @throws M2mcpError network failures (exit 3), a wait longer than the request's time (exit 2), and what
 *   authorization throws (exit 4)
 */
export function sendHttp(endpoint: Endpoint, request: HttpRequest): Promise<HttpResponse> {
  let send = layered.get(endpoint);
  if (!send) {
    send = layersOf(endpoint);
    layered.set(endpoint, send);
  }
  // Each call has an address already: it is not copied for that.
  return send(isLocated(request) ? request : { ...request, url: endpoint.url });
}

const isLocated = (request: HttpRequest): request is LocatedRequest => request.url !== undefined;

function layersOf(endpoint: Endpoint): Send {
  const { authorization, headers, timeoutMs, reconnectMs, log, verbose } = endpoint;
  // Innermost, since a proof of possession is for one address and one moment.
  const attempt = compose(
    fetchOnce({ ...endpoint, log: verbose ? log : undefined }),
    cookies(endpoint.url, authorization),
    authorize(authorization),
    withHeaders(headers),
  );
  return composeUponFailure(
    attempt,
    reconnect(Math.min(reconnectMs, timeoutMs)),
    retryLater(timeoutMs, log),
    redirect,
  );
}

/** Adds the user's headers, in lower case, so that ours of the same name replace them. */
function withHeaders(headers: Endpoint["headers"]): Layer {
  if (headers.length === 0) return (next) => next;
  const own = Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
  return (next) => (request) => next({ ...request, headers: { ...own, ...request.headers } });
}
