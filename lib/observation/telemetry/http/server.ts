// A span and a measurement for each HTTP request that comes in ("Semantic conventions for HTTP").
import { type Attributes, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { current, spanAbove, within } from "../current.ts";
import { endSpan, type Telling } from "../telling.ts";

const METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"];
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
  /** Does `work` as part of the request. @returns what is told how it ended, once */
  begin(incoming: Incoming, work: () => void): (status: number) => void;
  /** Who is asked, when somebody looks, how many sessions there are. */
  countSessions(count: () => number): void;
}

export function watchHttp(telling: Telling): HttpWatch {
  const { tracer, instruments } = telling;
  return {
    countSessions: (count) => instruments.countSessions(count),
    begin(incoming, work) {
      const beganMs = performance.now();
      const method = METHODS.find((one) => one === incoming.method) ?? "_OTHER";
      const active = { "http.request.method": method, "url.scheme": "http" };
      const path = (incoming.url ?? "/").split("?")[0] ?? "/";
      const route = ROUTES.find((one) => one === path);
      const attributes: Attributes = { ...active, ...(route === undefined ? {} : { "http.route": route }) };
      instruments.httpServerActive(1, active);
      const endOfSpan = tracer && route === TRACED ? traced(telling, incoming, attributes, work) : work();
      return (status) => {
        instruments.httpServerActive(-1, active);
        const failed = status >= 500 ? { "error.type": String(status) } : {};
        const more = { "http.response.status_code": status, ...failed };
        instruments.httpServer(performance.now() - beganMs, { ...attributes, ...more });
        endOfSpan?.(more);
      };
    },
  };
}

function traced({ tracer }: Telling, { headers }: Incoming, attributes: Attributes, work: () => void) {
  const above = spanAbove(headers) ?? current();
  const span = tracer?.startSpan(
    `${attributes["http.request.method"]} ${attributes["http.route"]}`,
    { kind: SpanKind.SERVER, attributes },
    above?.context ?? ROOT_CONTEXT,
  );
  if (!span) return void work();
  return within(span, above?.baggage, (mine) => {
    work();
    return (more: Attributes) => {
      mine.isOver = true;
      endSpan(span, more);
    };
  });
}
