// From options to what sees each request: the audit, traces and metrics.
import type { AuthState } from "../../auth/credentials.ts";
import type { AuthDeps } from "../../auth/deps.ts";
import type { Command } from "../../command-line/command.ts";
import type { Observe } from "../../mcp/protocol/transport.ts";
import type { Telemetry } from "../../observation/telemetry/telemetry.ts";
import type { HostTransport } from "../../observation/telemetry/telling.ts";
import { traceOf } from "../../observation/trace-context.ts";
import type { Target } from "../target/target.ts";
import { useTelemetry } from "./shared-telemetry.ts";

/** Who sees what is asked of a server, and what comes of it. */
export interface Observation {
  observe: Observe;
  /** Sees the exchanges of HTTP. */
  fetch?(fetch: typeof globalThis.fetch): typeof globalThis.fetch;
  /** Sees what is done for a token. */
  auth?(deps: AuthDeps): Partial<AuthDeps>;
  /** What is measured of all that this process does. */
  telemetry?: Telemetry;
  /** Writes and sends what is left, for a moment at most. Never rejects. */
  end(): Promise<void>;
}

/** Verbs whose requests are others', passed on. */
const PASSING_ON = ["bridge", "serve"];

/**
 * What the user wants written down of this target's requests; nothing, and nothing loaded, where that is nothing.
 *
 * @throws M2mcpError (exit 1) where it cannot be
 */
export async function observationOf(command: Command, target: Target): Promise<Observation | undefined> {
  const audit = await auditOf(command, target);
  const used = await useTelemetry(command);
  if (!used) return audit && { observe: audit.observe, end: async () => audit.end() };
  const { telemetry, release } = used;
  const measured = telemetry.client(target.server, hostTransport(command));
  return {
    // What is written down names the span that the request is sent in.
    observe: audit ? both(measured, audit.observe) : measured,
    fetch: (fetch) => telemetry.fetch(fetch),
    auth: (deps) => seenAuth(deps, telemetry),
    telemetry,
    async end() {
      audit?.end();
      await release();
    },
  };
}

/** What one sees of a connection, the other sees too. */
const both =
  (outer: Observe, inner: Observe): Observe =>
  (onMessage, handshake) => {
    const last = outer(onMessage, handshake);
    const first = inner(last.onMessage, handshake);
    return { onMessage: first.onMessage, over: (connection) => last.over(first.over(connection)) };
  };

/** What carries the messages of who uses this process; undefined where that is no program. */
function hostTransport({ verb, options }: Command): HostTransport | undefined {
  if (verb !== "serve") return verb === "bridge" ? "pipe" : undefined;
  return options.value("listen")?.startsWith("unix:") ? "unix" : "tcp";
}

/** Token requests are counted; when the token in use ends is known by what is read and written of it. */
export function seenAuth(
  { read, write }: Pick<AuthDeps, "read" | "write">,
  telemetry: Pick<Telemetry, "tokenRequest" | "tokenExpires">,
): Pick<AuthDeps, "observeTokenRequest" | "read" | "write"> {
  const see = <S extends AuthState | undefined>(state: S): S => {
    const endsAtMs = state?.token?.expiresAtMs;
    if (endsAtMs !== undefined) telemetry.tokenExpires(endsAtMs);
    return state;
  };
  return {
    observeTokenRequest: (work) => telemetry.tokenRequest(work),
    read: async (wanted) => see(await read(wanted)),
    write: (change) => write((old) => see(change(old))),
  };
}

async function auditOf(command: Command, { profile, server }: Target) {
  const { options, io, verb, output } = command;
  const place = options.value("audit");
  if (place === undefined) return undefined;
  const { openAudit } = await import("../../observation/audit/open-audit.ts");
  return openAudit({
    place,
    rotate: options.value("audit-rotate"),
    profile: profile ? `@${profile.name}` : null,
    server,
    verb,
    withArguments: options.on("audit-arguments"),
    isOwn: !PASSING_ON.includes(verb),
    traceparent: traceOf(io.env)?.traceparent,
    env: io.env,
    cwd: io.cwd,
    stderr: io.stderr,
    now: io.now,
    warn: (line) => output.warn(line),
  });
}
