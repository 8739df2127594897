import type { Command } from "../../command-line/command.ts";
import { headersOfBoundToken } from "../errors.ts";
import { expandHeaders } from "../target/headers.ts";
import { requireNoTerminal, tokenTarget } from "./target-token.ts";
import { warnOfBinding } from "./warn-of-binding.ts";

/** `m2mcp headers @svc`: the headers of requests to the server as a JSON object, as hosts' helpers print them. */
export async function run(command: Command): Promise<undefined> {
  requireNoTerminal(command);
  const { target, get } = await tokenTarget(command);
  const { credentials, server } = target;
  const headers = new Map(expandHeaders(target.headers, command.io.env));
  const bound = credentials && (await get(credentials));
  if (credentials && bound) {
    const { factsOf } = await import("../../auth/diagnosis/token-facts.ts");
    const { boundTo } = factsOf(bound.token, credentials);
    // Each request needs a proof of its own, which a header for all of them cannot be.
    if (boundTo === "dpop") throw headersOfBoundToken(server);
    warnOfBinding(command, boundTo);
    for (const name of [...headers.keys()]) if (/^authorization$/i.test(name)) headers.delete(name);
    headers.set("Authorization", `${bound.token.tokenType} ${bound.token.accessToken}`);
  }
  const object = Object.fromEntries(headers);
  command.output.data(object);
  command.output.print(JSON.stringify(object));
}
