import type { Call } from "../../command-line/command.ts";
import { messages } from "../../ui/render.ts";
import { parsePairs, showNotification, withClient } from "../with-client.ts";

/** `m2mcp @svc prompts-get NAME key=value` */
export async function run(call: Call): Promise<undefined> {
  const [, name, ...pairs] = call.positionals;
  const filled = parsePairs(pairs, false);
  const result = await withClient(call, (client) =>
    client.request("prompts/get", { name, arguments: filled }, { onNotification: showNotification(call) }),
  );
  call.output.data(result);
  call.output.print(messages(result.messages));
}
