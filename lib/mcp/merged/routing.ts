// Which server a request is for.
import type { M2mcpError } from "../../failure.ts";
import { objectOf } from "../../json.ts";
import { errorResponse, METHOD_NOT_FOUND, type RequestMessage, resultResponse } from "../jsonrpc/message.ts";
import { type Answer, answered, errorIn } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { isAway, type MergedContext, mayOffer, toldOf } from "./context.ts";
import { ambiguousName, unknownName } from "./errors.ts";
import { firstOf } from "./first-of.ts";
import { refresh } from "./lists/names-known.ts";
import { byUri } from "./resources.ts";
import { sendTo } from "./sending.ts";
import { gathered } from "./upstreams/gathered.ts";
import { unlessAway } from "./upstreams/unless-away.ts";
import { prefixed } from "./words/names.ts";
import { resolveName } from "./words/resolve.ts";
import { withParams } from "./words/to-server.ts";

/** How long a setting waits for servers that are slower than others, in ms. */
const SETTING_MS = 3000;

/** `tools/call`, `prompts/get` and what completes a prompt: to the server that has the name, under its own. */
export async function byName(
  context: MergedContext,
  call: Call,
  list: "tools/list" | "prompts/list",
  name: string,
  renamed: (message: RequestMessage, own: string) => RequestMessage,
): Promise<Answer> {
  const { id } = call.message;
  // What one server lists says nothing of a name while another's list is not known here.
  if (!toldOf(context, list).has(name) && !(await isListed(context, list))) await refresh(context, [list]);
  let found = resolved(context, list, name);
  // It may have come since.
  if (found.kind === "unknown") {
    await refresh(context, [list]);
    found = resolved(context, list, name);
  }
  const what = list === "tools/list" ? "tool" : "prompt";
  if (found.kind === "ambiguous") return answered(errorResponse(id, ambiguousName(what, name, found.names)));
  if (found.kind === "unknown" && list === "tools/list") {
    const denied = await denial(context, name, (own) => renamed(call.message, own));
    if (denied) throw denied;
  }
  if (found.kind === "unknown") return answered(errorResponse(id, unknown(context, list, what, name)));
  const { own } = found;
  const member = context.members.get(own.server);
  if (!member) return answered(errorResponse(id, unknown(context, list, what, name)));
  return sendTo(context, member, call, renamed(call.message, own.name), `${what} ${name}`);
}

/** Why a tool is hidden that one of the servers has by this name, with its prefix or without. */
async function denial(
  { members }: MergedContext,
  name: string,
  named: (own: string) => RequestMessage,
): Promise<M2mcpError | undefined> {
  for (const { name: server, connection } of members.values()) {
    const prefix = prefixed({ server, name: "" });
    for (const own of name.startsWith(prefix) ? [name, name.slice(prefix.length)] : [name]) {
      const denied = await connection.denial?.(named(own));
      if (denied) return denied;
    }
  }
  return undefined;
}

/** Whether each server's list is known, of those that are there and may have one. */
async function isListed({ shared: { catalogue }, members }: MergedContext, list: string): Promise<boolean> {
  await catalogue.recalled();
  const known = catalogue.listed(list).map(({ server }) => server);
  const feature = list.slice(0, list.indexOf("/"));
  return [...members.values()].every(
    (member) => isAway(member) || !mayOffer(member, feature) || known.includes(member.name),
  );
}

function resolved(context: MergedContext, list: "tools/list" | "prompts/list", name: string) {
  const { catalogue } = context.shared;
  return resolveName(name, toldOf(context, list), catalogue.exposed(list), catalogue.listed(list));
}

function unknown({ shared, members, missing }: MergedContext, list: string, what: string, name: string) {
  const names = [...shared.catalogue.exposed(list).owners.keys()];
  const away = [...members.values()].filter(isAway).map((member) => member.name);
  const unlisted = [...members.keys()].filter((server) => missing.has(`${server} ${list}`));
  return unknownName(what, name, shared.suggest(name, names), away, unlisted);
}

/** A completion: of a prompt's argument or of a template's (MCP "Completion"). */
export function complete(context: MergedContext, call: Call): Promise<Answer> {
  const ref = objectOf(call.message.params.ref);
  if (ref.type === "ref/prompt")
    return byName(context, call, "prompts/list", String(ref.name), (message, name) =>
      withParams(message, { ref: { ...ref, name } }),
    );
  return byUri(context, call, String(ref.uri), (message, uri) =>
    withParams(message, { ref: { ...ref, uri } }),
  );
}

/** A method that is none of the core's: to the first server that knows it. What refuses it so has not done it. */
export const byMethod = (context: MergedContext, call: Call): Promise<Answer> =>
  firstOf(
    context,
    call,
    [...context.members.values()],
    (answer) => errorIn(answer)?.code !== METHOD_NOT_FOUND,
    call.message.method,
  );

/** A setting of the client's: to all servers that know it. */
export async function toAll(context: MergedContext, call: Call, feature: string): Promise<Answer> {
  const members = [...context.members.values()].filter((one) => !isAway(one) && mayOffer(one, feature));
  const { method } = call.message;
  const works = new Map(
    members.map((member) => [
      member.name,
      unlessAway(context, member, method, sendTo(context, member, call, call.message, method)),
    ]),
  );
  const outcomes = [...(await gathered(works, SETTING_MS)).values()];
  const known = outcomes.flatMap((outcome) => (outcome.kind === "done" ? [outcome.value] : []));
  const good = known.find((answer) => errorIn(answer) === undefined);
  return good ?? known[0] ?? answered(resultResponse(call.message.id, {}));
}
