// Durations, counted where every call passes: the SDK's own instruments take attributes apart and put them in order at each
// of them, which is felt at thousands of calls a second. What is counted here is collected by the SDK's readers.
import type { Attributes } from "@opentelemetry/api";
import { type HrTime, ValueType } from "@opentelemetry/api";
import { hrTime } from "@opentelemetry/core";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from "@opentelemetry/sdk-metrics";

/** Series of one name; further ones are counted together, under the specification's word for that. */
const MOST_SERIES = 2000;
const OVERFLOW: Attributes = { "otel.metric.overflow": true };

/**
 * Counts one duration.
 *
 * @param key tells one series from another
 * @param attributes asked once for each
 */
export type Count = (durationMs: number, key: string, attributes: () => Attributes) => void;

interface Series {
  attributes: Attributes;
  counts: number[];
  count: number;
  sum: number;
  min: number;
  max: number;
}

export interface Histograms {
  add(name: string, description: string, boundaries: number[]): Count;
  producer: MetricProducer;
}

/** @param resource whose figures they are: it is told with them, as `scope` is */
export function createHistograms(scope: { name: string; version: string }, resource: Resource): Histograms {
  const startTime = hrTime();
  const all: (() => MetricData)[] = [];
  return {
    add(name, description, boundaries) {
      const series = new Map<string, Series>();
      all.push(() => dataOf({ name, description, boundaries }, series, startTime));
      return (durationMs, key, attributes) =>
        count(series.get(key) ?? added(series, key, attributes, boundaries), durationMs / 1000, boundaries);
    },
    producer: {
      collect: async () => ({
        resourceMetrics: { resource, scopeMetrics: [{ scope, metrics: all.map((read) => read()) }] },
        errors: [],
      }),
    },
  };
}

function added(
  series: Map<string, Series>,
  key: string,
  attributes: () => Attributes,
  boundaries: readonly number[],
): Series {
  const isOver = series.size >= MOST_SERIES;
  const known = isOver ? series.get("") : undefined;
  if (known) return known;
  const counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  const fresh = { counts, count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: 0 };
  const one: Series = { ...fresh, attributes: isOver ? OVERFLOW : attributes() };
  series.set(isOver ? "" : key, one);
  return one;
}

function count(one: Series, value: number, boundaries: readonly number[]): void {
  let at = 0;
  while (at < boundaries.length && value > (boundaries[at] ?? 0)) at++;
  one.counts[at] = (one.counts[at] ?? 0) + 1;
  one.count++;
  one.sum += value;
  if (value < one.min) one.min = value;
  if (value > one.max) one.max = value;
}

function dataOf(
  { name, description, boundaries }: { name: string; description: string; boundaries: number[] },
  series: Map<string, Series>,
  startTime: HrTime,
): MetricData {
  const endTime = hrTime();
  const dataPoints: DataPoint<Histogram>[] = [...series.values()].map(
    ({ attributes, counts, count, sum, min, max }) => ({
      startTime,
      endTime,
      attributes,
      value: { buckets: { boundaries, counts: [...counts] }, count, sum, min, max },
    }),
  );
  return {
    descriptor: { name, description, unit: "s", valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints,
  };
}
