import type { Command } from "../../command-line/command.ts";
import { M2mcpError } from "../../failure.ts";
import { deniedByName } from "../../mcp/policy/tool-rules.ts";
import type { Target } from "../target/target.ts";
import { rulesOf } from "./guard-of.ts";

/** A failure in whose place the rule is told that hides the tool: else a tool that is there would seem not to be. */
export function hiddenInstead({ verb, positionals }: Command, { policies }: Target, error: unknown): unknown {
  const [, name = ""] = positionals;
  if (!(error instanceof M2mcpError) || error.code !== "not_found" || !/^tools-/.test(verb)) return error;
  const rules = policies.flatMap(rulesOf);
  const denied = deniedByName(rules, name);
  if (denied) return denied;
  const hint = rules.find(({ kind }) => kind === "read-only");
  const hides = [
    ...(hint ? [`${hint.setBy} hides tools that do not say that they only read`] : []),
    ...(policies.some(({ pin }) => pin) ? ["with --pin new ones are hidden until m2mcp pins approve"] : []),
  ];
  if (hides.length === 0) return error;
  return new M2mcpError(
    error.code,
    error.exitCode,
    `${error.message} that may be used: ${hides.join("; ")}`,
    error.hint,
  );
}
