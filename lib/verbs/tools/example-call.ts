import { showControls } from "../../controls.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import type { Shell } from "../../platform/windows/shell.ts";
import { check } from "../../schema/check.ts";
import { Unusable } from "../../schema/checkable.ts";
import { exampleArguments } from "../../schema/example/arguments.ts";
import { type Argument, argumentsOf } from "../../schema/type-words.ts";
import { shellWord } from "../../ui/shell-word.ts";

/**
 * A call of a tool that can be pasted into a shell, word by word: its arguments fit the tool's schema.
 *
 * @param target as the user wrote it
 * @param shell that it is quoted for
 * @returns undefined where no arguments are known to fit, the shell cannot be given them, or the tool's own words would
 *   steer a terminal
 */
export async function exampleCall(
  target: string,
  tool: JsonObject,
  shell: Shell,
): Promise<string[] | undefined> {
  const { name, inputSchema } = tool;
  // A name like an option's would be taken for one.
  if (typeof name !== "string" || name.startsWith("-")) return undefined;
  const given = await fitting(exampleArguments(inputSchema), inputSchema);
  if (!given) return undefined;
  const words = [
    "m2mcp",
    withoutUrlSecrets(target),
    "tools-call",
    name,
    ...argumentWords(given, argumentsOf(inputSchema)),
  ];
  const quoted = words.map((word) => shellWord(word, shell) ?? "\0");
  return quoted.every((word) => showControls(word) === word) ? quoted : undefined;
}

/** The first that fits; of a schema that nothing can be checked against, the first. */
async function fitting(all: readonly JsonObject[], schema: unknown): Promise<JsonObject | undefined> {
  for (const one of all) {
    const faults = await check(one, schema).catch((error: unknown) => {
      if (error instanceof Unusable) return [];
      throw error;
    });
    if (faults.length === 0) return one;
  }
  return undefined;
}

/** Names that stand before an equals sign; others are nested, or a part of the JSON. */
const PLAIN_NAME = /^[A-Za-z_][\w-]*$/;

function argumentWords(given: JsonObject, known: readonly Argument[]): string[] {
  const names = Object.keys(given);
  if (!names.every((name) => PLAIN_NAME.test(name))) return [JSON.stringify(given)];
  return names.map((name) => {
    const value = given[name];
    const type = known.find((argument) => argument.name === name)?.schema.type;
    const isPlain =
      (type === "string" && typeof value === "string" && !/^@|[\n\r\t]/.test(value)) ||
      ((type === "number" || type === "integer") && typeof value === "number") ||
      (type === "boolean" && typeof value === "boolean");
    return isPlain ? `${name}=${value}` : `${name}:=${JSON.stringify(value)}`;
  });
}
