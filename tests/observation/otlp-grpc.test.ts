// Traces and metrics over gRPC, as far as it takes no network: the address, the settings, what a status means, the pauses.
import { describe, expect, test } from "bun:test";
import { status } from "@grpc/grpc-js";
import type { ExportResponse } from "@opentelemetry/otlp-exporter-base";
import { readTelemetryConfig } from "../../lib/observation/telemetry/config.ts";
import { grpcEndpoint, isGrpcAddress } from "../../lib/observation/telemetry/grpc/endpoint.ts";
import { deliverWithin } from "../../lib/observation/telemetry/grpc/retry.ts";
import { refusedBy } from "../../lib/observation/telemetry/grpc/status.ts";
import { statusDetails } from "../support/otlp/grpc-receiver.ts";

describe("an address of gRPC", () => {
  const ADDRESSES: [address: string, target: string, isSecure: boolean | undefined, path?: string][] = [
    ["http://collector:4317", "collector:4317", false],
    ["https://api.example.com:443/", "api.example.com:443", true],
    ["https://api.example.com", "api.example.com:443", true],
    ["http://collector", "collector:4317", false],
    ["http://collector:80", "collector:80", false],
    ["HTTP://Collector:4317/v1/traces", "Collector:4317", false, "/v1/traces"],
    ["grpc://[::1]:4317", "[::1]:4317", false],
    ["grpcs://u:p@collector", "collector:443", true],
    ["collector:4317", "collector:4317", undefined],
    ["collector", "collector:443", undefined],
    ["dns:///collector:4317", "dns:///collector:4317", undefined],
    ["unix:///run/otel.sock", "unix:///run/otel.sock", undefined],
  ];
  test.each(ADDRESSES)("%s is the target %s", (address, target, isSecure, path = "") => {
    expect(grpcEndpoint(address, false)).toEqual({ target, isSecure, path });
  });

  test("is known by its scheme and by the port of OTLP over gRPC", () => {
    for (const grpc of ["grpc://h", "GRPCS://h:1", "http://h:4317", "https://h:4317/x", "h:4317"])
      expect([grpc, isGrpcAddress(grpc)]).toEqual([grpc, true]);
    for (const http of ["http://h:4318", "http://h", "https://h/4317", "http://h:43170"])
      expect([http, isGrpcAddress(http)]).toEqual([http, false]);
  });
});

describe("settings of OTLP over gRPC", () => {
  const read = (env: Record<string, string>, otlp?: string, isShort = false) =>
    readTelemetryConfig(env, otlp, isShort);

  test("come where a protocol, a scheme or a port names it; a protocol goes before a port", () => {
    const protocols = (env: Record<string, string>, otlp?: string) => {
      const { traces, metrics } = read(env, otlp).config ?? {};
      return [traces?.protocol, metrics?.protocol];
    };
    expect(protocols({}, "grpc://h:4317")).toEqual(["grpc", "grpc"]);
    expect(protocols({}, "http://h:4317")).toEqual(["grpc", "grpc"]);
    expect(protocols({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://h:4317" })).toEqual(["grpc", "grpc"]);
    expect(protocols({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }, "http://h:4317")).toEqual([
      "http/json",
      "http/json",
    ]);
    expect(protocols({ OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: "grpc" }, "http://h:4318")).toEqual([
      "http/protobuf",
      "grpc",
    ]);
    const { config, warnings } = read({ OTEL_EXPORTER_OTLP_PROTOCOL: "carrier-pigeon" }, "http://h");
    expect(config?.traces?.protocol).toBe("http/protobuf");
    expect(warnings[0]).toContain("http/protobuf, http/json, grpc are");
  });

  test("are the variables of the signal, else those of all", () => {
    const { config, warnings } = read({
      OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
      OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317",
      OTEL_EXPORTER_OTLP_INSECURE: " TRUE ",
      OTEL_EXPORTER_OTLP_TRACES_INSECURE: "1",
      OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "3000",
      OTEL_EXPORTER_OTLP_HEADERS: "a=1",
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: "a=2",
      OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "gzip",
      OTEL_EXPORTER_OTLP_CERTIFICATE: "ca.pem",
    });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      traces: { target: "collector:4317", isSecure: true, timeoutMs: 2000, isCompressed: true },
      metrics: { target: "collector:4317", isSecure: false, timeoutMs: 3000, isCompressed: false },
      host: "collector:4317",
    });
    expect(config?.traces).toMatchObject({
      headers: [{ value: "a=1" }],
      files: { authorities: { name: "OTEL_EXPORTER_OTLP_CERTIFICATE", value: "ca.pem" } },
    });
    expect(config?.metrics).toMatchObject({ headers: [{ value: "a=1" }, { value: "a=2" }] });
  });

  test("end sooner for a command, unless the user has set a limit; what does not count is said", () => {
    const timeoutOf = (env: Record<string, string>, isShort: boolean) =>
      read({ OTEL_METRICS_EXPORTER: "none", ...env }, "grpc://h", isShort).config?.traces?.timeoutMs;
    expect([timeoutOf({}, true), timeoutOf({}, false)]).toEqual([750, 10_000]);
    expect(timeoutOf({ OTEL_EXPORTER_OTLP_TIMEOUT: "4000" }, true)).toBe(4000);
    const { warnings } = read(
      {
        OTEL_METRICS_EXPORTER: "none",
        OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
        OTEL_EXPORTER_OTLP_COMPRESSION: "br",
      },
      "grpc://h/v1/traces",
    );
    expect(warnings).toEqual([
      "OTLP over gRPC has no paths: /v1/traces of its address does not count",
      "OTEL_EXPORTER_OTLP_COMPRESSION=br is not known here; gzip and none are",
      "OTEL_EXPORTER_OTLP_TIMEOUT=soon is no number above 0",
    ]);
  });
});

describe("a delivery over gRPC", () => {
  test("is tried again for the statuses of the standard", () => {
    const again = Object.entries(status)
      .filter(([, code]) => typeof code === "number" && refusedBy(code, undefined).isRetryable)
      .map(([name]) => name)
      .sort();
    expect(again).toEqual([
      ...["ABORTED", "CANCELLED", "DATA_LOSS", "DEADLINE_EXCEEDED", "OUT_OF_RANGE", "UNAVAILABLE"],
    ]);
  });

  test("is tried again when the collector says, and by one that is full only then", () => {
    const details = statusDetails({ code: status.RESOURCE_EXHAUSTED, retryInMs: 2500 });
    expect(refusedBy(8, details)).toMatchObject({ isRetryable: true, retryInMs: 2500 });
    expect(refusedBy(8, Buffer.from("no message"))).toMatchObject({ isRetryable: false });
    expect(refusedBy(3, details)).toMatchObject({ isRetryable: false, name: "INVALID_ARGUMENT" });
    expect(refusedBy(77, undefined).name).toBe("77");
  });

  const retryable: ExportResponse = { status: "retryable", error: new Error("away") };
  const run = async (limitMs: number, answers: ExportResponse[]) => {
    let atMs = 0;
    const limits: number[] = [];
    const sleep = async (ms: number) => {
      atMs += ms;
    };
    const response = await deliverWithin(
      limitMs,
      async (left) => {
        limits.push(left);
        atMs += 10;
        return answers.shift() ?? retryable;
      },
      { now: () => atMs, sleep, random: () => 0.5 },
    );
    return { response, limits };
  };

  test("is tried again at growing pauses, within its limit", async () => {
    const { response, limits } = await run(10_000, []);
    expect(response).toBe(retryable);
    expect(limits).toEqual([10_000, 8990, 7480, 5220, 1835]);
    expect((await run(60_000, [])).limits).toHaveLength(6);
    expect((await run(750, [])).limits).toEqual([750]);
  });

  test("ends with what helps no more, and waits as it is told", async () => {
    const failure: ExportResponse = { status: "failure", error: new Error("no") };
    expect((await run(10_000, [retryable, failure])).response).toBe(failure);
    const told = { ...retryable, retryInMillis: 50 };
    expect((await run(500, [told, told, { status: "success" }])).limits).toEqual([500, 440, 380]);
    expect((await run(500, [{ ...retryable, retryInMillis: 5000 }])).limits).toEqual([500]);
  });
});
