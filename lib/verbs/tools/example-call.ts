import { showControls } from "../../controls.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { exampleArguments } from "../../schema/example/arguments.ts";
import { type Argument, argumentsOf } from "../../schema/type-words.ts";
import { shellWord } from "../../ui/shell-word.ts";

/**
 * A call of a tool that can be pasted into a shell: its arguments fit the tool's schema.
 *
 * @param target as the user wrote it
 * @returns undefined where no arguments are known to fit, or the tool's own words would steer a terminal
 */
export function exampleCall(target: string, tool: JsonObject): string | undefined {
  const given = exampleArguments(tool.inputSchema).find((one) => isObject(one));
  if (!given || typeof tool.name !== "string") return undefined;
  const words = [
    "m2mcp",
    withoutUrlSecrets(target),
    "tools-call",
    tool.name,
    ...argumentWords(given, argumentsOf(tool.inputSchema)),
  ];
  const line = words.map(shellWord).join(" ");
  return showControls(line) === line ? line : undefined;
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
      (type === "string" && typeof value === "string" && !value.startsWith("@")) ||
      ((type === "number" || type === "integer") && typeof value === "number") ||
      (type === "boolean" && typeof value === "boolean");
    return isPlain ? `${name}=${value}` : `${name}:=${JSON.stringify(value)}`;
  });
}
