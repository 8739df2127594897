import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { SignalConfig } from "./config.ts";

const urlOf = ({ url }: SignalConfig) => (url === undefined ? {} : { url });

/** Only the protocol that is spoken is loaded. */
export async function traceExporter(config: SignalConfig): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    config.protocol === "grpc"
      ? await import("@opentelemetry/exporter-trace-otlp-grpc")
      : config.protocol === "http/json"
        ? await import("@opentelemetry/exporter-trace-otlp-http")
        : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(urlOf(config));
}

export async function metricExporter(config: SignalConfig): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    config.protocol === "grpc"
      ? await import("@opentelemetry/exporter-metrics-otlp-grpc")
      : config.protocol === "http/json"
        ? await import("@opentelemetry/exporter-metrics-otlp-http")
        : await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OTLPMetricExporter(urlOf(config));
}
