// A span and a measurement for each HTTP request that goes out, to MCP servers and authorization servers alike. Never
// within: queries, user names, headers, bodies.
import { type Attributes, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { codeOf } from "../../../platform/error-code.ts";
import { carried, current, within } from "../current.ts";
import { endSpan, type Telling } from "../telling.ts";

const METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"];

/** A `fetch` whose exchanges are seen, each until its head has come; bodies pass as they are. */
export function observedFetch(telling: Telling, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const send = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    const url = new URL(input instanceof Request ? input.url : input);
    const attributes = attributesOf(method, url);
    const beganMs = performance.now();
    const { sent, end } = spanOf(telling, method, url, attributes, init);
    const finish = (more: Attributes) => {
      telling.instruments.httpClient(performance.now() - beganMs, { ...attributes, ...more });
      end(more);
    };
    try {
      const response = await fetch(input, sent);
      const { status } = response;
      const failed = status >= 400 ? { "error.type": String(status) } : {};
      finish({ "http.response.status_code": status, ...failed });
      return response;
    } catch (error) {
      finish({ "error.type": codeOf(error) || "_OTHER" });
      throw error;
    }
  };
  return Object.assign(send, { preconnect: fetch.preconnect });
}

const attributesOf = (method: string, { hostname, port, protocol }: URL): Attributes => ({
  "http.request.method": METHODS.includes(method) ? method : "_OTHER",
  "server.address": hostname,
  "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
});

function spanOf(
  { tracer }: Telling,
  method: string,
  { origin, pathname }: URL,
  attributes: Attributes,
  init: RequestInit | undefined,
) {
  if (!tracer) return { sent: init, end() {} };
  const above = current();
  const span = tracer.startSpan(
    method,
    { kind: SpanKind.CLIENT, attributes: { ...attributes, "url.full": origin + pathname } },
    above?.context ?? ROOT_CONTEXT,
  );
  const headers = within(span, above?.baggage, (now) => withCarried(init?.headers, carried(now)));
  return { sent: { ...init, headers }, end: (more: Attributes) => endSpan(span, more) };
}

/** A user's own headers of these names stay. */
function withCarried(headers: HeadersInit | undefined, carrier: Record<string, string>): HeadersInit {
  if (headers === undefined) return carrier;
  if (!(headers instanceof Headers) && !Array.isArray(headers)) return { ...carrier, ...headers };
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(carrier)) if (!all.has(name)) all.set(name, value);
  return all;
}
