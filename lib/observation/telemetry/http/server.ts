// A span and a measurement for each HTTP request that comes in ("Semantic conventions for HTTP").
import { type Attributes, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { above, below, current, within } from "../current.ts";
import { httpMethodLabel } from "../label-names.ts";
import { endSpan, type Telling } from "../telling.ts";

/** What there is; anything else is no route. */
const ROUTES = ["/mcp", "/healthz", "/readyz", "/metrics"];
/** Who probes and measures makes no traces. */
const TRACED = "/mcp";

/** An HTTP request as it comes in. */
export interface Incoming {
  method?: string | undefined;
  url?: string | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Told of each HTTP request. */
export interface HttpWatch {
  /** Does `work` as part of the request. @returns what is told how it ended, once: undefined where its client had nothing by then */
  begin(incoming: Incoming, work: () => void): (status: number | undefined) => void;
  /** Who is asked, when somebody looks, how many sessions there are. */
  countSessions(count: () => number): void;
}

/** Measures each request; it has a span too where spans are wanted. */
export function watchHttp(telling: Telling): HttpWatch {
  const { instruments } = telling;
  return {
    countSessions: (count) => instruments.countSessions(count),
    begin(incoming, work) {
      const beganMs = performance.now();
      const method = httpMethodLabel(incoming.method);
      const path = (incoming.url ?? "/").split("?")[0] ?? "/";
      const route = ROUTES.find((one) => one === path);
      const { httpServer, httpServerActive: active } = instruments;
      active.set(method, (active.get(method) ?? 0) + 1);
      const endOfSpan = route === TRACED ? traced(telling, incoming, method, work) : work();
      return (status) => {
        active.set(method, (active.get(method) ?? 1) - 1);
        httpServer(performance.now() - beganMs, `${method} ${route} ${status}`, () => ({
          ...attributesOf(method, route),
          ...ended(status),
        }));
        endOfSpan?.(ended(status));
      };
    },
  };
}

const attributesOf = (method: string, route: string | undefined): Attributes => ({
  "http.request.method": method,
  "url.scheme": "http",
  ...(route === undefined ? {} : { "http.route": route }),
});

const ended = (status: number | undefined): Attributes =>
  status === undefined
    ? { "error.type": "cancelled" }
    : {
        "http.response.status_code": status,
        ...(status >= 500 ? { "error.type": String(status) } : {}),
      };

function traced({ tracer, allowed }: Telling, { headers }: Incoming, method: string, work: () => void) {
  const named = above(headers, allowed);
  if (!tracer) return named ? below(named, work) : work();
  const over = named ?? current();
  const span = tracer.startSpan(
    `${method} ${TRACED}`,
    { kind: SpanKind.SERVER, attributes: attributesOf(method, TRACED) },
    over?.context ?? ROOT_CONTEXT,
  );
  return within(span, over?.baggage, (mine) => {
    work();
    return (more: Attributes) => {
      mine.isOver = true;
      endSpan(span, more);
    };
  });
}
