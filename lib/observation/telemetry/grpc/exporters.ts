// The SDK's exporters over gRPC load modules at run time that an executable does not have; theirs are all parts but the
// transport.
import {
  AggregationTemporalityPreference,
  OTLPMetricExporterBase,
} from "@opentelemetry/exporter-metrics-otlp-http";
import {
  createOtlpNetworkExportDelegate,
  ExporterMetrics,
  getSharedConfigurationDefaults,
  OTLPExporterBase,
} from "@opentelemetry/otlp-exporter-base";
import {
  type IExporterMetricsHelper,
  type ISerializer,
  MetricsExporterMetricsHelper,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
  TraceExporterMetricsHelper,
} from "@opentelemetry/otlp-transformer";
import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import type { GrpcConfig } from "./settings.ts";
import { createGrpcTransport } from "./transport.ts";

const SERVICES = "/opentelemetry.proto.collector";

/** @param agent what the collector is told of who sends */
export const grpcTraceExporter = (config: GrpcConfig, agent: string): SpanExporter =>
  new OTLPExporterBase(
    delegate(
      config,
      createGrpcTransport(config, `${SERVICES}.trace.v1.TraceService/Export`, agent),
      ProtobufTraceSerializer,
      TraceExporterMetricsHelper,
    ),
  );

export const grpcMetricExporter = (config: GrpcConfig, agent: string): PushMetricExporter =>
  new OTLPMetricExporterBase(
    delegate(
      config,
      createGrpcTransport(config, `${SERVICES}.metrics.v1.MetricsService/Export`, agent),
      ProtobufMetricsSerializer,
      MetricsExporterMetricsHelper,
    ),
    { temporalityPreference: AggregationTemporalityPreference.CUMULATIVE },
  );

function delegate<Internal, Response>(
  { timeoutMs }: GrpcConfig,
  transport: ReturnType<typeof createGrpcTransport>,
  serializer: ISerializer<Internal, Response>,
  metricsHelper: IExporterMetricsHelper<Internal>,
) {
  const metrics = new ExporterMetrics({
    componentType: "otlp_grpc_exporter",
    metricsHelper,
    url: undefined,
    meterProvider: undefined,
    responseAttributesFromError: () => ({}),
  });
  const settings = { ...getSharedConfigurationDefaults(), timeoutMillis: timeoutMs };
  return createOtlpNetworkExportDelegate(settings, serializer, metrics, transport);
}
