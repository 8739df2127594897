// A span and a measurement for each HTTP request that goes out, to MCP servers and authorization servers alike. Never
// within: queries, user names, headers, bodies.
import { type Attributes, ROOT_CONTEXT, SpanKind, type Tracer } from "@opentelemetry/api";
import { codeOf } from "../../../platform/error-code.ts";
import { carried, current, within } from "../current.ts";
import { httpMethodLabel, OTHER } from "../label-names.ts";
import { serverAttributes } from "../server-address.ts";
import { endSpan, type Telling } from "../telling.ts";

/** Addresses that are taken apart once; of more, all anew. */
const MOST_ADDRESSES = 200;

/** An address and what is said of it. */
interface Address {
  url: string;
  key: string;
  attributes: Attributes;
}

/** A `fetch` whose exchanges are seen, each until its head has come; bodies pass as they are. */
export function observedFetch(telling: Telling, fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const known = new Map<string, Address>();
  const addressOf = (url: string): Address => {
    const found = known.get(url);
    if (found) return found;
    if (known.size >= MOST_ADDRESSES) known.clear();
    const address = parsed(new URL(url));
    known.set(url, address);
    return address;
  };
  const send = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const method = httpMethodLabel(init?.method ?? (input instanceof Request ? input.method : "GET"));
    const address = addressOf(input instanceof Request ? input.url : String(input));
    const beganMs = performance.now();
    const span = telling.tracer && startSpan(telling, telling.tracer, method, address, init);
    const finish = (outcome: string | number, more: () => Attributes) => {
      telling.instruments.httpClient(
        performance.now() - beganMs,
        `${method} ${address.key} ${outcome}`,
        () => ({
          "http.request.method": method,
          ...address.attributes,
          ...more(),
        }),
      );
      if (span) endSpan(span.span, more());
    };
    try {
      const response = await fetch(input, span ? span.sent : init);
      const { status } = response;
      finish(status, () => ({
        "http.response.status_code": status,
        ...(status >= 400 ? { "error.type": String(status) } : {}),
      }));
      return response;
    } catch (error) {
      const why = codeOf(error) || OTHER;
      finish(why, () => ({ "error.type": why }));
      throw error;
    }
  };
  return Object.assign(send, { preconnect: fetch.preconnect });
}

function parsed(url: URL): Address {
  const attributes = serverAttributes(url);
  return { url: url.origin + url.pathname, key: Object.values(attributes).join(" "), attributes };
}

function startSpan(
  { allowed }: Telling,
  tracer: Tracer,
  method: string,
  { url, attributes }: Address,
  init: RequestInit | undefined,
) {
  const above = current();
  const span = tracer.startSpan(
    method,
    {
      kind: SpanKind.CLIENT,
      attributes: { "http.request.method": method, ...attributes, "url.full": url },
    },
    above?.context ?? ROOT_CONTEXT,
  );
  const headers = within(span, above?.baggage, (now) => withCarried(init?.headers, carried(now, allowed)));
  return { span, sent: { ...init, headers } };
}

/** A user's own headers of these names stay. */
function withCarried(headers: HeadersInit | undefined, carrier: Record<string, string>): HeadersInit {
  if (headers === undefined) return carrier;
  if (!(headers instanceof Headers) && !Array.isArray(headers)) return { ...carrier, ...headers };
  const all = new Headers(headers);
  for (const [name, value] of Object.entries(carrier)) if (!all.has(name)) all.set(name, value);
  return all;
}
