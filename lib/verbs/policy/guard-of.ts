// From options and profiles to the tools that may be used; what pins have held back, and its approval.
import type { Command } from "../../command-line/command.ts";
import { variableOf } from "../../command-line/options.ts";
import type { ToolRule } from "../../mcp/policy/tool-rules.ts";
import type { Guard } from "../../mcp/protocol/transport.ts";
import { nameOf, type Target } from "../target/target.ts";
import { pinStoreOf } from "./pin-store.ts";
import type { NamedPolicy } from "./tool-policy.ts";

/** What stands between the hosts of this target and its connection; nothing, and nothing loaded, where all is allowed. */
export async function guardOf({ output, io }: Command, target: Target): Promise<{ guard?: Guard }> {
  const { policies } = target;
  if (policies.length === 0) return {};
  const { createGuard } = await import("../../mcp/policy/guard.ts");
  const { shellWord } = await import("../../ui/shell-word.ts");
  const { shellOf } = await import("../../platform/windows/shell.ts");
  const quoted = (tool: string) => shellWord(tool, shellOf(io.env)) ?? tool;
  const isPinned = policies.some(({ pin }) => pin === true);
  const guard = createGuard({
    rules: policies.flatMap(rulesOf),
    ...(isPinned ? { pins: pinStoreOf(target) } : {}),
    approve: (tool) => `m2mcp pins approve ${nameOf(target)} ${quoted(tool)}`,
    warn: (line) => output.warn(line),
    now: io.now,
  });
  return { guard };
}

/** The rules of a policy, each with where it stands and how it is changed. */
export function rulesOf({ by, allow, deny, readOnly }: NamedPolicy): ToolRule[] {
  const place = (name: "allow-tool" | "deny-tool" | "read-only") => {
    if (by === "flag")
      return {
        setBy: `--${name}`,
        change: `change --${name}, of the command or of the host's entry that runs it`,
      };
    if (by === "variable") {
      const variable = variableOf(name) ?? name;
      return { setBy: variable, change: `change ${variable} where it is set, in a host's entry for one` };
    }
    const config = `m2mcp config @${by.profile} ${name}`;
    const change =
      name === "read-only"
        ? `${config}=false takes it away`
        : `${config}=PATTERN changes it, ${name}= takes it away`;
    return { setBy: `${name} of the profile @${by.profile}`, change };
  };
  return [
    ...(allow ? [{ kind: "allow" as const, patterns: allow, ...place("allow-tool") }] : []),
    ...(deny ? [{ kind: "deny" as const, patterns: deny, ...place("deny-tool") }] : []),
    ...(readOnly ? [{ kind: "read-only" as const, ...place("read-only") }] : []),
  ];
}
