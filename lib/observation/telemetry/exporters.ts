import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { HttpConfig, SignalConfig } from "./config.ts";

const settingsOf = ({ url, timeoutMs }: HttpConfig) => ({
  ...(url === undefined ? {} : { url }),
  ...(timeoutMs === undefined ? {} : { timeoutMillis: timeoutMs }),
});

/** Only the protocol that is spoken is loaded. @param agent what the collector is told of who sends, over gRPC */
export async function traceExporter(config: SignalConfig, agent: string): Promise<SpanExporter> {
  if (config.protocol === "grpc") {
    const { grpcTraceExporter } = await import("./grpc/exporters.ts");
    return grpcTraceExporter(config, agent);
  }
  const { OTLPTraceExporter } =
    config.protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  return new OTLPTraceExporter(settingsOf(config));
}

/** The same for metrics. */
export async function metricExporter(config: SignalConfig, agent: string): Promise<PushMetricExporter> {
  if (config.protocol === "grpc") {
    const { grpcMetricExporter } = await import("./grpc/exporters.ts");
    return grpcMetricExporter(config, agent);
  }
  const [{ OTLPMetricExporter }, { AggregationTemporalityPreference }] = await Promise.all([
    config.protocol === "http/json"
      ? import("@opentelemetry/exporter-metrics-otlp-http")
      : import("@opentelemetry/exporter-metrics-otlp-proto"),
    import("@opentelemetry/exporter-metrics-otlp-http"),
  ]);
  const { CUMULATIVE: temporalityPreference } = AggregationTemporalityPreference;
  return new OTLPMetricExporter({ ...settingsOf(config), temporalityPreference });
}
