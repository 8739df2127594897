import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { type MetricProducer, MetricReader, type ResourceMetrics } from "@opentelemetry/sdk-metrics";

/** The type of the text format. */
export const TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8";

/** How units are spelled in names (OpenTelemetry "Prometheus and OpenMetrics Compatibility", "Metric Metadata"). */
const SPELLED: Readonly<Record<string, string>> = { s: "seconds", By: "bytes" };

/** Metrics for who comes and asks. */
export interface MetricsPage {
  reader: MetricReader;
  /** In Prometheus' text format. */
  text(): Promise<string>;
}

/** Reads when it is asked. */
class PageReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** @param producer what is counted beside the SDK's instruments */
export function createMetricsPage(producer: MetricProducer): MetricsPage {
  const reader = new PageReader({ metricProducers: [producer] });
  const serializer = new PrometheusSerializer();
  return {
    reader,
    async text() {
      const { resourceMetrics } = await reader.collect();
      // A unit is a comment that only OpenMetrics knows.
      return serializer.serialize(withUnitsInNames(resourceMetrics)).replace(/^# UNIT .*\n/gm, "");
    },
  };
}

/** The library leaves units out of the names. */
const withUnitsInNames = (all: ResourceMetrics): ResourceMetrics => ({
  ...all,
  scopeMetrics: all.scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map((metric) => {
      const { descriptor } = metric;
      const unit = SPELLED[descriptor.unit];
      const isNamed = unit === undefined || descriptor.name.endsWith(unit);
      return isNamed
        ? metric
        : { ...metric, descriptor: { ...descriptor, name: `${descriptor.name}.${unit}` } };
    }),
  })),
});
