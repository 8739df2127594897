import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { jsonText } from "../../ui/json-text.ts";
import { readStdin } from "../read-stdin.ts";
import { notTooDeep, parsePairs, withClient } from "../with-client.ts";

/** Longest params on stdin, in bytes. */
const MAX_STDIN_BYTES = 128 * 1024 * 1024;

/** `m2mcp @svc request METHOD [params]`: any request, as it is; its result as JSON. */
export async function run(command: Command): Promise<undefined> {
  const [, method = "", ...words] = command.positionals;
  if (method.startsWith("notifications/"))
    throw wrongUsage(`${method} is a notification: nothing answers it`, "give the method of a request");
  const params = await readParams(command, words);
  const result = await withClient(command, (client) => client.request(method, params));
  command.output.data(result);
  command.output.print(jsonText(result, 2));
}

/** Params as a JSON object in one word, as `key=value` and `key:='json'`, or on stdin where `-` asks for it. */
async function readParams(command: Command, words: string[]): Promise<JsonObject> {
  const [first, ...more] = words;
  if (first === undefined) return {};
  if (more.length > 0 || (first !== "-" && !first.trimStart().startsWith("{")))
    return parsePairs(words, true);
  const text = first === "-" ? await readStdin(command, MAX_STDIN_BYTES, "params") : first;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrongUsage("the params are not valid JSON", "write one JSON object, or give key=value");
  }
  if (!isObject(value)) throw wrongUsage("the params are no JSON object", 'write them like {"key": 1}');
  return notTooDeep(value);
}
