import type { Command } from "../../command-line/command.ts";
import { VERSION } from "../../command-line/version.ts";
import type { Telemetry } from "../../observation/telemetry/telemetry.ts";
import { askedOfCache, timeCache } from "../target/sharing/looks.ts";

/** How long the end of a command waits for what is still to be sent, in ms: a person or a script waits too. */
const END_MS = 1000;

/** Verbs that go on while a collector comes back. */
const LASTING = ["bridge", "serve", "watch", "run"];

/** What this process measures, for all of its connections. */
interface Shared {
  telemetry: Promise<Telemetry>;
  users: number;
}
let shared: Shared | undefined;

/** Traces and metrics, and the end of them for whoever asked. */
export interface UsedTelemetry {
  telemetry: Telemetry;
  /** Never rejects. */
  release(): Promise<void>;
}

/** By these variables the standard says where traces and metrics go. */
const ASKING = /^OTEL_(EXPORTER_OTLP_((TRACES|METRICS)_)?ENDPOINT|(TRACES|METRICS)_EXPORTER)$/;

/**
 * Traces and metrics, where they are wanted: sent somewhere, or for who asks `serve` for them. Nothing is loaded else.
 *
 * @throws M2mcpError (exit 1) where `--otlp` is no URL
 */
export async function useTelemetry(command: Command): Promise<UsedTelemetry | undefined> {
  const { options, io, verb, output } = command;
  const hasPage = verb === "serve";
  const otlp = options.value("otlp");
  // Not `some`, which a start would compile for this alone.
  const isAsked = otlp !== undefined || Object.keys(io.env).find((name) => ASKING.test(name)) !== undefined;
  if (!isAsked && !hasPage && !shared) return undefined;
  if (!shared) {
    const { readTelemetryConfig } = await import("../../observation/telemetry/config.ts");
    const read = readTelemetryConfig(io.env, otlp, !LASTING.includes(verb));
    const warn = (line: string) => output.warn(line);
    for (const line of isAsked ? read.warnings : []) warn(line);
    const config = isAsked ? read.config : undefined;
    if (!config && !hasPage) return undefined;
    const made = import("../../observation/telemetry/telemetry.ts").then(async ({ createTelemetry }) => {
      const telemetry = await createTelemetry({
        config,
        hasPage,
        version: VERSION,
        cacheCounts: () => askedOfCache(io),
        env: io.env,
        warn,
      });
      timeCache(io, telemetry.cacheAsked);
      return telemetry;
    });
    shared = { telemetry: made, users: 0 };
  }
  const mine = shared;
  mine.users++;
  return {
    telemetry: await mine.telemetry,
    async release() {
      if (--mine.users > 0) return;
      if (shared === mine) shared = undefined;
      await (await mine.telemetry).end(END_MS);
    },
  };
}
