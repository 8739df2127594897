// Takes traces and metrics as a collector does, over HTTP, and reads them by the official definitions (Apache-2.0,
// tests/support/otlp/proto).
import { createServer } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import protobuf from "protobufjs";
import type { Json } from "../messages.ts";
import { close, listen } from "../net/listen.ts";

export const ROOT = new protobuf.Root();
ROOT.resolvePath = (_origin, target) => join(import.meta.dir, "proto", target);
ROOT.loadSync([
  "opentelemetry/proto/collector/trace/v1/trace_service.proto",
  "opentelemetry/proto/collector/metrics/v1/metrics_service.proto",
]);
export const REQUESTS = {
  "/v1/traces": "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest",
  "/v1/metrics": "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest",
} as const;

export interface Span {
  trace: string;
  id: string;
  parent: string;
  name: string;
  kind: string;
  links: number;
  events: string[];
  failed: boolean;
  attributes: Record<string, unknown>;
}

export interface Receiver {
  url: string;
  /** What was sent, as HTTP had it. */
  taken: { path: string; headers: Record<string, unknown>; body: Json }[];
  spans(): Span[];
  metrics(): string[];
  /** Attributes of who sends. */
  resource(): Record<string, unknown>;
  stop(): Promise<void>;
}

/** A receiver over HTTP, of protobuf and JSON. */
export async function startReceiver(): Promise<Receiver> {
  const taken: Receiver["taken"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const path = request.url ?? "";
      const sent = Buffer.concat(chunks);
      const bytes = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
      const type = request.headers["content-type"] ?? "";
      if (request.method !== "POST" || !Object.hasOwn(REQUESTS, path)) return response.writeHead(404).end();
      const definition = ROOT.lookupType(REQUESTS[path as keyof typeof REQUESTS]);
      const isJson = type === "application/json";
      const message = isJson ? fromJson(definition, bytes) : definition.decode(bytes);
      taken.push({ path, headers: request.headers, body: plain(definition, message) });
      response.writeHead(200, { "content-type": type }).end(isJson ? "{}" : "");
    });
  });
  const url = `http://127.0.0.1:${await listen(server, 0)}`;
  return { url, ...read(taken), stop: () => close(server) };
}

/** JSON as OTLP has it: ids are hexadecimal, enums are numbers, and no member is unknown (OTLP "JSON Protobuf Encoding"). */
function fromJson(definition: protobuf.Type, bytes: Buffer): protobuf.Message {
  const read: Json = JSON.parse(bytes.toString("utf8"), (name, value) =>
    /^(traceId|spanId|parentSpanId)$/.test(name) ? Buffer.from(value, "hex").toString("base64") : value,
  );
  const problem = definition.verify(definition.toObject(definition.fromObject(read)));
  if (problem) throw new Error(problem);
  return definition.fromObject(read);
}

export const plain = (definition: protobuf.Type, message: protobuf.Message): Json =>
  definition.toObject(message, { longs: Number, enums: String, bytes: (value: Json) => value } as never);

/** The one span of this name and kind. */
export function named(spans: Span[], name: string, kind: string): Span {
  const found = spans.find((span) => span.name === name && span.kind === kind);
  if (!found) throw new Error(`no ${kind} span ${name} among ${spans.map((span) => span.name)}`);
  return found;
}

const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const attributesIn = (list: Json[] = []): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value ?? {})[0]]));

export const read = (taken: Receiver["taken"]) => ({
  taken,
  spans: (): Span[] =>
    taken
      .flatMap(({ body }) => body.resourceSpans ?? [])
      .flatMap((one: Json) => one.scopeSpans)
      .flatMap((one: Json) => one.spans)
      .map((span: Json) => ({
        trace: hex(span.traceId),
        id: hex(span.spanId),
        parent: hex(span.parentSpanId),
        name: span.name,
        kind: span.kind.replace("SPAN_KIND_", ""),
        links: span.links?.length ?? 0,
        events: (span.events ?? []).map(({ name }: Json) => name),
        failed: span.status?.code === "STATUS_CODE_ERROR",
        attributes: attributesIn(span.attributes),
      })),
  metrics: (): string[] => [
    ...new Set<string>(
      taken
        .flatMap(({ body }) => body.resourceMetrics ?? [])
        .flatMap((one: Json) => one.scopeMetrics)
        .flatMap((one: Json) => one.metrics.map(({ name }: Json) => name)),
    ),
  ],
  resource: () =>
    attributesIn(
      taken.flatMap(({ body }) => body.resourceSpans ?? body.resourceMetrics ?? [])[0]?.resource?.attributes,
    ),
});
