// The SDK's two providers: made of the configuration, ended within a limit.
import type { Attributes } from "@opentelemetry/api";
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from "@opentelemetry/resources";
import {
  MeterProvider,
  type MetricProducer,
  type MetricReader,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { TelemetryConfig } from "./config.ts";
import { metricExporter, traceExporter } from "./exporters.ts";

/** Longest value of an attribute, in characters: names come from others. */
const LONGEST_VALUE = 1024;

/** What the user says in `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` goes before what is known here. */
export const resourceOf = (own: Attributes): Resource =>
  defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }));

const agentOf = ({ attributes }: Resource): string =>
  `m2mcp/${String(attributes["service.version"] ?? "")}`.replace(/[^\x21-\x7e]/g, "");

/** Undefined where no traces are wanted. */
export async function createTracerProvider(
  config: TelemetryConfig | undefined,
  resource: Resource,
): Promise<TracerProvider | undefined> {
  if (!config?.traces) return undefined;
  const { delayMs, queue, size, timeoutMs } = config.batches;
  return new TracerProvider({
    resource,
    sampler: createSampler(config.sampler),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
    spanProcessors: [
      // What is not taken in time is let go of: memory stays bounded.
      new BatchSpanProcessor({
        exporter: await traceExporter(config.traces, agentOf(resource)),
        scheduledDelayMillis: delayMs,
        maxQueueSize: queue,
        maxExportBatchSize: size,
        exportTimeoutMillis: timeoutMs,
      }),
    ],
  });
}

function createSampler({ name, ratio }: TelemetryConfig["sampler"]): Sampler {
  const plain = name.replace(/^parentbased_/, "");
  const root =
    plain === "always_off"
      ? new AlwaysOffSampler()
      : plain === "traceidratio"
        ? new TraceIdRatioBasedSampler(ratio)
        : new AlwaysOnSampler();
  return plain === name ? root : new ParentBasedSampler({ root });
}

/**
 * @param page who comes and asks, beside what is sent
 * @param producer what is counted beside the SDK's instruments
 */
export async function createMeterProvider(
  config: TelemetryConfig | undefined,
  resource: Resource,
  page: MetricReader | undefined,
  producer: MetricProducer,
): Promise<MeterProvider> {
  const readers: MetricReader[] = page ? [page] : [];
  if (config?.metrics) {
    const { metricsEveryMs, metricsTimeoutMs } = config;
    readers.push(
      new PeriodicExportingMetricReader({
        exporter: await metricExporter(config.metrics, agentOf(resource)),
        metricProducers: [producer],
        exportIntervalMillis: metricsEveryMs,
        exportTimeoutMillis: Math.min(metricsTimeoutMs, metricsEveryMs),
      }),
    );
  }
  return new MeterProvider({ resource, readers });
}
