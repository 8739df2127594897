import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { SignalConfig } from "./config.ts";

const settingsOf = ({ url, timeoutMs }: SignalConfig) => ({
  ...(url === undefined ? {} : { url }),
  ...(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
});

/** Only the protocol that is spoken is loaded. */
export async function traceExporter(config: SignalConfig): Promise<SpanExporter> {
  const { OTLPTraceExporter } =
    config.protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(settingsOf(config));
}

export async function metricExporter(config: SignalConfig): Promise<PushMetricExporter> {
  const { OTLPMetricExporter } =
    config.protocol === "http/json"
      ? await import("@opentelemetry/exporter-metrics-otlp-http")
      : await import("@opentelemetry/exporter-metrics-otlp-proto");
  return new OTLPMetricExporter(settingsOf(config));
}
