// What is measured, by the names of OpenTelemetry's conventions for MCP and HTTP; what they have no name for begins with
// m2mcp.
import type { Attributes, Meter } from "@opentelemetry/api";
import { createLabelNames, type LabelNames } from "./label-names.ts";

/** As the conventions ask ("Semantic conventions for MCP: Metrics", "HTTP metrics"), in s. */
const MCP_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const HTTP_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

type Record = (durationMs: number, attributes: Attributes) => void;

export interface Instruments {
  mcpClient: Record;
  mcpServer: Record;
  httpClient: Record;
  httpServer: Record;
  httpServerActive(change: 1 | -1, attributes: Attributes): void;
  tokenRequest(attributes: Attributes): void;
  /** When the token that was seen last ends, in ms since 1970. */
  tokenExpires(atMs: number): void;
  /** Asked when somebody looks. */
  countSessions(count: () => number): void;
  readonly tools: LabelNames;
  readonly prompts: LabelNames;
}

export function createInstruments(meter: Meter): Instruments {
  const duration = (name: string, description: string, buckets: number[]): Record => {
    const histogram = meter.createHistogram(name, {
      unit: "s",
      description,
      advice: { explicitBucketBoundaries: buckets },
    });
    return (durationMs, attributes) => histogram.record(durationMs / 1000, attributes);
  };
  const active = meter.createUpDownCounter("http.server.active_requests", {
    unit: "{request}",
    description: "Number of active HTTP server requests.",
  });
  const tokens = meter.createCounter("m2mcp.token.requests", {
    unit: "{request}",
    description: "Times that a token was got from its source, and what came of it.",
  });
  return {
    mcpClient: duration(
      "mcp.client.operation.duration",
      "The duration of the MCP request as observed on the sender.",
      MCP_BUCKETS,
    ),
    mcpServer: duration(
      "mcp.server.operation.duration",
      "The duration of the MCP request as observed on the receiver.",
      MCP_BUCKETS,
    ),
    httpClient: duration("http.client.request.duration", "Duration of HTTP client requests.", HTTP_BUCKETS),
    httpServer: duration("http.server.request.duration", "Duration of HTTP server requests.", HTTP_BUCKETS),
    httpServerActive: (change, attributes) => active.add(change, attributes),
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
    tools: createLabelNames(),
    prompts: createLabelNames(),
  };
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
