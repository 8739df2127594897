// Where traces and metrics go, of the option and the standard's variables.
import { describe, expect, test } from "bun:test";
import { readTelemetryConfig } from "../../lib/observation/telemetry/config.ts";

const read = (env: Record<string, string>, otlp?: string, isShort = false) =>
  readTelemetryConfig(env, otlp, isShort);

describe("traces and metrics", () => {
  test("go nowhere unless told", () => {
    expect(read({})).toEqual({ warnings: [] });
    expect(read({ OTEL_SERVICE_NAME: "a", OTEL_EXPORTER_OTLP_ENDPOINT: " " })).toEqual({ warnings: [] });
    expect(read({ OTEL_SDK_DISABLED: "TRUE" }, "http://h:4318")).toEqual({ warnings: [] });
  });

  test("go below the address of the option, each to its own path", () => {
    for (const url of ["http://h:4318/otel", "http://h:4318/otel/"])
      expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://other" }, url).config).toMatchObject({
        traces: { protocol: "http/protobuf", url: "http://h:4318/otel/v1/traces" },
        metrics: { protocol: "http/protobuf", url: "http://h:4318/otel/v1/metrics" },
        host: "h:4318",
      });
    for (const wrong of ["h:4318", "ftp://h", ""]) expect(() => read({}, wrong)).toThrow("--otlp is no http");
  });

  test("go alone where one alone has an address, or another exporter", () => {
    const traces = read({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://h/v1/traces" }).config;
    expect([traces?.traces?.protocol, traces?.metrics]).toEqual(["http/protobuf", undefined]);
    const metrics = read({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://h", OTEL_TRACES_EXPORTER: "none" }).config;
    expect([metrics?.traces, metrics?.metrics?.protocol]).toEqual([undefined, "http/protobuf"]);
    expect(read({ OTEL_METRICS_EXPORTER: "otlp" }).config?.host).toBe("localhost:4318");
  });

  test("take figures that are figures, and name those that are none", () => {
    const env = {
      OTEL_METRIC_EXPORT_INTERVAL: "1000",
      OTEL_BSP_MAX_QUEUE_SIZE: "100",
      OTEL_BSP_SCHEDULE_DELAY: "soon",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
    };
    const { config, warnings } = read(env, "http://h");
    expect(config).toMatchObject({
      metricsEveryMs: 1000,
      batches: { queue: 100, size: 100, delayMs: 5000 },
      sampler: { name: "parentbased_traceidratio", ratio: 0.25 },
    });
    expect(warnings).toEqual(["OTEL_BSP_SCHEDULE_DELAY=soon is no number above 0"]);
    expect(
      read({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" }, "http://h").warnings,
    ).toHaveLength(1);
  });

  test("of a command that ends soon are tried once, unless the user has set a limit", () => {
    expect(read({}, "http://h", true).config?.traces?.timeoutMs).toBe(750);
    expect(
      read({ OTEL_EXPORTER_OTLP_TIMEOUT: "3000" }, "http://h", true).config?.traces?.timeoutMs,
    ).toBeUndefined();
    expect(read({}, "http://h").config?.traces?.timeoutMs).toBeUndefined();
  });

  test("are not sent where the variables leave no way, and that is said at once, without what is in them", () => {
    for (const [env, words] of [
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
        "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL",
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://collector" },
        "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL",
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "http://h", OTEL_EXPORTER_OTLP_HEADERS: "a key=s3cret" },
        "OTEL_EXPORTER_OTLP_HEADERS names headers",
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "http://h", OTEL_EXPORTER_OTLP_HEADERS: "key=s3cret%0d%0a" },
        "OTEL_EXPORTER_OTLP_HEADERS names headers",
      ],
    ] as const) {
      const { config, warnings } = read(env);
      expect([env, config, warnings.every((line) => line.includes(words))]).toEqual([env, undefined, true]);
      expect(warnings.join()).not.toContain("s3cret");
    }
    const usual = {
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=a%20b,x=, y = z ,",
      OTEL_EXPORTER_OTLP_TIMEOUT: "500",
    };
    expect(read(usual, "https://h").warnings).toEqual([]);
    // The option says where to: what the variable has for an address is nobody's trouble.
    expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: "nowhere" }, "http://h").warnings).toEqual([]);
  });

  test("name each variable that does not count", () => {
    const env = {
      OTEL_EXPORTER_OTLP_COMPRESSION: "zstd",
      OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "delta",
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
      OTEL_PROPAGATORS: "b3, tracecontext,jaeger",
      OTEL_RESOURCE_ATTRIBUTES: "a=b=c",
    };
    expect(read(env, "http://h").warnings).toEqual([
      "OTEL_EXPORTER_OTLP_COMPRESSION=zstd is not known here; gzip and none are",
      "OTEL_EXPORTER_OTLP_TIMEOUT=soon is no number above 0",
      "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta does not count: it is cumulative here",
      "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION=base2_exponential_bucket_histogram does not count: it is explicit_bucket_histogram here",
      "OTEL_PROPAGATORS=b3,jaeger is not known here; tracecontext, baggage and none are",
      "OTEL_RESOURCE_ATTRIBUTES is no list like a=b,c=d: none of it counts",
    ]);
    const same = { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "Cumulative" };
    expect(read(same, "http://h").warnings).toEqual([]);
    for (const fine of ["a=b,c=d%3De,", "service.name=x"])
      expect(read({ OTEL_RESOURCE_ATTRIBUTES: fine }, "http://h").warnings).toEqual([]);
  });
});
