// Traces and metrics of one process: loaded where they are wanted; nobody waits for them but the end, for a moment.
import { setGlobalErrorHandler } from "@opentelemetry/core";
import { withoutUrlSecrets } from "../../failure.ts";
import type { Interceptor, Observe } from "../../mcp/protocol/transport.ts";
import { codeOf } from "../../platform/error-code.ts";
import { sleep } from "../../timing/sleep.ts";
import { propagationOf, traceOf } from "../trace-context.ts";
import type { TelemetryConfig } from "./config.ts";
import { above } from "./current.ts";
import { createHistograms } from "./histogram.ts";
import { observedFetch } from "./http/client.ts";
import { type HttpWatch, watchHttp } from "./http/server.ts";
import { type CacheCounts, createInstruments } from "./instruments.ts";
import { observeClient } from "./mcp/connection.ts";
import { observeServer } from "./mcp/requests.ts";
import { createMeterProvider, createTracerProvider, resourceOf } from "./providers.ts";
import type { HostTransport, Telling } from "./telling.ts";
import { observeTokenRequest } from "./token-requests.ts";

const NAME = "m2mcp";

export interface TelemetryOptions {
  /** Absent: nothing is sent. */
  config: TelemetryConfig | undefined;
  /** Whether somebody may come and ask for the metrics. */
  hasPage: boolean;
  version: string;
  /** What was asked of the shared cache; asked when somebody wants to know. */
  cacheCounts(): CacheCounts | undefined;
  env: Record<string, string | undefined>;
  warn(line: string): void;
}

export interface Telemetry {
  /** For a connection to the server at this address. @param host what carries what is passed on, if anything is */
  client(url: string, host: HostTransport | undefined): Observe;
  /** For requests as they come in. */
  server(transport: HostTransport): Interceptor;
  fetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  tokenRequest<T>(work: () => Promise<T>): Promise<T>;
  /** @param atMs when the token that was seen ends */
  tokenExpires(atMs: number): void;
  /** Something was asked of the shared cache. */
  cacheAsked(durationMs: number, isAnswered: boolean): void;
  readonly http: HttpWatch;
  /** All that is measured, in Prometheus' text format. */
  page?: { type: string; text(): Promise<string> };
  /** Sends what is left. Never rejects. @param limitMs how long that may take, in ms */
  end(limitMs: number): Promise<void>;
}

/** @throws the exporters' errors where they cannot be made */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { config, hasPage, version, env, warn } = options;
  const tell = warnOnce(config, warn);
  const resource = resourceOf({
    "service.name": NAME,
    "service.version": version,
    "service.instance.id": crypto.randomUUID(),
  });
  const page = hasPage ? await import("./prometheus.ts") : undefined;
  const histograms = createHistograms({ name: NAME, version }, resource);
  const metricsPage = page?.createMetricsPage(histograms.producer);
  const [tracers, meters] = await Promise.all([
    createTracerProvider(config, resource),
    createMeterProvider(config, resource, metricsPage?.reader, histograms.producer),
  ]);
  const allowed = propagationOf(env);
  const telling: Telling = {
    tracer: tracers?.getTracer(NAME, version),
    instruments: createInstruments(meters.getMeter(NAME, version), histograms),
    startedIn: above(traceOf(env), allowed),
    allowed,
  };
  telling.instruments.countCache(options.cacheCounts);
  return {
    client: (url, host) => observeClient(telling, url, host),
    server: (transport) => observeServer(telling, transport),
    fetch: (fetch) => observedFetch(telling, fetch),
    tokenRequest: (work) => observeTokenRequest(telling, work),
    tokenExpires: (atMs) => telling.instruments.tokenExpires(atMs),
    cacheAsked(durationMs, isAnswered) {
      const outcome = isAnswered ? "answered" : "failed";
      telling.instruments.cache(durationMs, outcome, () => ({ outcome }));
    },
    http: watchHttp(telling),
    ...(page && metricsPage ? { page: { type: page.TEXT_FORMAT, text: metricsPage.text } } : {}),
    async end(limitMs) {
      const sent = Promise.all([tracers?.shutdown(), meters.shutdown()]).catch((error: unknown) =>
        tell(reasonOf(error)),
      );
      const late = sleep(limitMs).then(() => tell(`not within ${limitMs / 1000} s`));
      await Promise.race([sent, late]);
    },
  };
}

/** Whoever takes what is sent may be away for long: that is said once, and is nobody's trouble. */
function warnOnce(config: TelemetryConfig | undefined, warn: (line: string) => void): (why: string) => void {
  let isTold = false;
  const tell = (why: string) => {
    if (isTold || !config) return;
    isTold = true;
    warn(withoutUrlSecrets(`traces and metrics do not reach ${config.host} (${why}); work goes on without`));
  };
  setGlobalErrorHandler((error) => tell(reasonOf(error)));
  return tell;
}

/** The status or the system's code: a collector's own words may repeat what it was sent. */
function reasonOf(error: unknown): string {
  const all = Array.isArray(error) ? error : [error];
  for (const one of all) {
    if (codeOf(one) !== "") return codeOf(one);
    if (one instanceof Error && "code" in one && typeof one.code === "number")
      return `HTTP status ${one.code}`;
  }
  return "no answer in time";
}
