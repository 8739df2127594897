import type { Call } from "../../command-line/command.ts";
import { isObject } from "../../json.ts";
import { showNotification, withClient } from "../with-client.ts";

/** `m2mcp @svc resources-read URI`: its text or bytes on stdout, as they are. */
export async function run(call: Call): Promise<undefined> {
  const uri = call.positionals[1];
  const result = await withClient(call, (client) =>
    client.request("resources/read", { uri }, { onNotification: showNotification(call) }),
  );
  if (call.output.json) return void call.output.data(result);
  const contents = Array.isArray(result.contents) ? result.contents.filter(isObject) : [];
  for (const { text, blob } of contents) {
    if (typeof text === "string") call.output.raw(text);
    else if (typeof blob === "string") call.output.raw(Buffer.from(blob, "base64"));
  }
}
