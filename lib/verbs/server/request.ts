import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { jsonText } from "../../ui/json-text.ts";
import { fill } from "../arguments/fill.ts";
import { readGiven } from "../arguments/given.ts";
import { withClient } from "../with-client.ts";

/** `m2mcp @svc request METHOD [params]`: any request, as it is; its result as JSON. */
export async function run(command: Command): Promise<undefined> {
  const [, method = "", ...words] = command.positionals;
  if (method === "") throw wrongUsage("request needs a method", "write it like tools/list");
  if (method.startsWith("notifications/"))
    throw wrongUsage(`${method} is a notification: nothing answers it`, "give the method of a request");
  const params = (await fill(await readGiven(command, words), undefined)).value;
  const result = await withClient(command, (client) => client.request(method, params, { spelled: true }));
  command.output.data(result);
  command.output.print(jsonText(result, 2));
}
