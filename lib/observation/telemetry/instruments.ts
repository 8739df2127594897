// What is measured, by the names of OpenTelemetry's conventions for MCP and HTTP; what they have no name for begins with
// m2mcp.
import type { Attributes, Meter } from "@opentelemetry/api";
import type { Count, Histograms } from "./histogram.ts";
import { createLabelNames, type LabelNames } from "./label-names.ts";

/** As the conventions ask ("Semantic conventions for MCP: Metrics", "HTTP metrics"), in s. */
const MCP_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const HTTP_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** A cache is near, and left alone after a second. */
const CACHE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** What was asked of the shared cache, by outcome. */
export interface CacheCounts {
  looks: Readonly<Record<string, number>>;
  writes: Readonly<Record<string, number>>;
}

export interface Instruments {
  mcpClient: Count;
  mcpServer: Count;
  httpClient: Count;
  httpServer: Count;
  /** HTTP requests that are under way, by method. */
  readonly httpServerActive: Map<string, number>;
  tokenRequest(attributes: Attributes): void;
  /** When the token that was seen last ends, in ms since 1970. */
  tokenExpires(atMs: number): void;
  /** Asked when somebody looks. */
  countSessions(count: () => number): void;
  /** Asked when somebody looks. @param counts by outcome; undefined: there is no shared cache */
  countCache(counts: () => CacheCounts | undefined): void;
  cache: Count;
  readonly tools: LabelNames;
  readonly prompts: LabelNames;
}

/**
 * @param meter of the SDK, for what is seldom counted
 * @param histograms for what every call passes
 */
export function createInstruments(meter: Meter, { add }: Histograms): Instruments {
  const tokens = meter.createCounter("m2mcp.token.requests", {
    unit: "{request}",
    description: "Times that a token was got from its source, and what came of it.",
  });
  return {
    mcpClient: add(
      "mcp.client.operation.duration",
      "The duration of the MCP request as observed on the sender.",
      MCP_BUCKETS,
    ),
    mcpServer: add(
      "mcp.server.operation.duration",
      "The duration of the MCP request as observed on the receiver.",
      MCP_BUCKETS,
    ),
    httpClient: add("http.client.request.duration", "Duration of HTTP client requests.", HTTP_BUCKETS),
    httpServer: add("http.server.request.duration", "Duration of HTTP server requests.", HTTP_BUCKETS),
    httpServerActive: activeRequests(meter),
    tokenRequest: (attributes) => tokens.add(1, attributes),
    tokenExpires: lastSeen(meter),
    countSessions(count) {
      meter
        .createObservableUpDownCounter("m2mcp.server.sessions", {
          unit: "{session}",
          description: "Sessions of MCP clients that this process has at hand.",
        })
        .addCallback((result) => result.observe(count()));
    },
    countCache(counts) {
      const observed = (name: string, unit: string, description: string, of: keyof CacheCounts) =>
        meter.createObservableCounter(name, { unit, description }).addCallback((result) => {
          for (const [outcome, count] of Object.entries(counts()?.[of] ?? {}))
            result.observe(count, { outcome });
        });
      const look = "Looks for a token in the shared cache, and what came of them.";
      observed("m2mcp.cache.lookups", "{lookup}", look, "looks");
      const write = "Writes to the shared cache, and what came of them.";
      observed("m2mcp.cache.writes", "{write}", write, "writes");
    },
    cache: add("m2mcp.cache.operation.duration", "Duration of questions to the shared cache.", CACHE_BUCKETS),
    tools: createLabelNames(),
    prompts: createLabelNames(),
  };
}

function activeRequests(meter: Meter): Map<string, number> {
  const active = new Map<string, number>();
  meter
    .createObservableUpDownCounter("http.server.active_requests", {
      unit: "{request}",
      description: "Number of active HTTP server requests.",
    })
    .addCallback((result) => {
      for (const [method, count] of active)
        result.observe(count, { "http.request.method": method, "url.scheme": "http" });
    });
  return active;
}

function lastSeen(meter: Meter): (atMs: number) => void {
  let seenMs: number | undefined;
  return (atMs) => {
    if (seenMs === undefined)
      meter
        .createObservableGauge("m2mcp.token.expiry.timestamp", {
          unit: "s",
          description: "When the token in use ends, in seconds since 1970.",
        })
        .addCallback((result) => result.observe((seenMs ?? 0) / 1000));
    seenMs = atMs;
  };
}
