// A retry comes back to the server that asked (MCP 2026-07-28 "Multi Round-Trip Requests"), wherever it is carried.
import type { RequestMessage } from "../../jsonrpc/message.ts";
import { type MergedContext, toldOf } from "../context.ts";
import { prefixed } from "../words/names.ts";
import { withParams } from "../words/to-server.ts";
import { namedIn } from "../words/uris.ts";
import { refresh } from "./names-known.ts";

/** Where what a request names is listed, and the member that names it. */
function placeOf(method: string): [list: string, key: "name" | "uri"] | undefined {
  switch (method) {
    case "tools/call":
      return ["tools/list", "name"];
    case "prompts/get":
      return ["prompts/list", "name"];
    case "resources/read":
      return ["resources/list", "uri"];
    default:
      return undefined;
  }
}

/**
 * A retry under the one server's own name of the tool, the prompt or the resource, which the client knows by another; the
 * request before it may have been carried by another process.
 */
export async function namedAt(
  context: MergedContext,
  server: string,
  message: RequestMessage,
): Promise<RequestMessage> {
  const place = placeOf(message.method);
  if (!place) return message;
  const [list, key] = place;
  const given = String(message.params[key]);
  const own = () => ownName(context, server, list, given);
  if (own() === undefined) await refresh(context, [list]);
  const name = own();
  return name === undefined ? message : withParams(message, { [key]: name });
}

function ownName(context: MergedContext, server: string, list: string, given: string): string | undefined {
  const { catalogue, names } = context.shared;
  const known =
    toldOf(context, list)?.get(given) ??
    catalogue.exposed(list).owners.get(given) ??
    (list === "resources/list" ? namedIn(given, names) : undefined);
  if (known?.server === server) return known.name;
  const all = catalogue.listed(list).find((one) => one.server === server)?.names ?? [];
  return all.includes(given)
    ? given
    : all.find((name) => [prefixed({ server, name }), prefixed({ server, name }, names)].includes(given));
}
