import { describe, expect, test } from "bun:test";
import { parseArguments } from "../../lib/command-line/arguments/parse.ts";
import type { Command } from "../../lib/command-line/command.ts";
import { readOptions } from "../../lib/command-line/option-values.ts";
import { OPTION_NAMES } from "../../lib/command-line/options.ts";
import { EXIT, M2mcpError } from "../../lib/failure.ts";
import { namingVariables } from "../../lib/verbs/variables.ts";

const failure = (message: string, hint?: string) => new M2mcpError("x", EXIT.auth, message, hint);
const command = (verb: string, argv: string[], env: Record<string, string> = {}) =>
  ({ verb, options: readOptions(parseArguments(argv).given, env, OPTION_NAMES, verb) }) as Command;

describe("a failure names variables beside options", () => {
  const wrong = failure("refused", "check --client-id and --client-secret; try --no-resource");
  const named = "as variables: M2MCP_CLIENT_ID, M2MCP_CLIENT_SECRET, M2MCP_NO_RESOURCE";
  test("for a bridge, whose entry has no options", () => {
    expect(namingVariables(command("bridge", []), wrong).hint).toBe(`${wrong.hint}; ${named}`);
  });
  test("where the client comes from the environment", () => {
    expect(namingVariables(command("ping", [], { M2MCP_CLIENT_ID: "a" }), wrong).hint).toContain(named);
    expect(namingVariables(command("ping", ["--client-id", "a"], { M2MCP_CLIENT_ID: "b" }), wrong)).toBe(
      wrong,
    );
    expect(namingVariables(command("ping", []), wrong)).toBe(wrong);
  });
  test("once, and not those of options that have none", () => {
    const both = failure("no --client-id (M2MCP_CLIENT_ID)", "m2mcp store move --to keyring; --help");
    expect(namingVariables(command("bridge", []), both)).toBe(both);
  });
});
