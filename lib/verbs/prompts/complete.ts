import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { wrongUsage } from "../../failure.ts";
import { type JsonObject, objectOf } from "../../json.ts";
import { withClient } from "../with-client.ts";

/**
 * `m2mcp @svc complete NAME known=value … argument=beginning`: values that the server offers for the last argument of a
 * prompt or a resource template, where those before it are settled (MCP "Completion").
 */
export async function run(command: Command): Promise<undefined> {
  const [, name = "", ...words] = command.positionals;
  const result = await withClient(command, (client) =>
    client.request("completion/complete", paramsOf(name, words)),
  );
  command.output.data(result);
  if (command.output.json) return;
  const { values, total, hasMore } = objectOf(result.completion);
  const offered = (Array.isArray(values) ? values : []).filter((value) => typeof value === "string");
  if (offered.length === 0) return void command.output.note("the server offers no values");
  command.output.print(offered.map((value) => showControls(value)).join("\n"));
  if (hasMore === true)
    command.output.note(
      `these are ${offered.length}${typeof total === "number" ? ` of ${total}` : ""}: more letters leave fewer`,
    );
}

function paramsOf(name: string, words: readonly string[]): JsonObject {
  const pairs = words.map(pairOf);
  const [argument] = pairs.slice(-1);
  const context = Object.fromEntries(pairs.slice(0, -1).map((pair) => [pair.name, pair.value]));
  return {
    ref: isTemplate(name) ? { type: "ref/resource", uri: name } : { type: "ref/prompt", name },
    argument,
    ...(pairs.length > 1 ? { context: { arguments: context } } : {}),
  };
}

/** An argument alone stands for its values from the first letter on. */
function pairOf(word: string): { name: string; value: string } {
  const equals = word.indexOf("=");
  if (equals === 0) throw wrongUsage("an argument has no name", "write argument=beginning");
  return equals < 0
    ? { name: word, value: "" }
    : { name: word.slice(0, equals), value: word.slice(equals + 1) };
}

/** Templates are URIs with places in braces; a prompt's name has neither. */
const isTemplate = (name: string): boolean => name.includes("{") || name.includes("://");
