import type { Command } from "../../command-line/command.ts";
import type { Observe } from "../../mcp/protocol/transport.ts";
import { traceOf } from "../../observation/trace-context.ts";
import type { Target } from "../target/target.ts";

/** Who sees what is asked of a server, and what comes of it. */
export interface Observation {
  observe: Observe;
  /** Writes what is left, for a moment at most. Never rejects. */
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
  if (!audit) return undefined;
  return { observe: audit.observe, end: async () => audit.end() };
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
