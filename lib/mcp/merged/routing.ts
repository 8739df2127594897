// Which server a request is for.
import { objectOf } from "../../json.ts";
import { errorResponse, METHOD_NOT_FOUND, type RequestMessage, resultResponse } from "../jsonrpc/message.ts";
import { type Answer, answered, errorIn } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { isAway, type Member, type MergedContext, mayOffer } from "./context.ts";
import { ambiguousName, unknownName } from "./errors.ts";
import type { PartOf } from "./listens.ts";
import { refresh } from "./lists/names-known.ts";
import { sendTo } from "./sending.ts";
import { unmarked } from "./words/marks.ts";
import type { Own } from "./words/names.ts";
import { resolveName } from "./words/resolve.ts";
import { withParams } from "./words/to-server.ts";
import { mayComeOf, namedIn } from "./words/uris.ts";

const TEMPLATES = "resources/templates/list";
const RESOURCES = "resources/list";

/** `tools/call`, `prompts/get` and what completes a prompt: to the server that has the name, under its own. */
export async function byName(
  context: MergedContext,
  call: Call,
  list: "tools/list" | "prompts/list",
  name: string,
  renamed: (message: RequestMessage, own: string) => RequestMessage,
): Promise<Answer> {
  const { id } = call.message;
  let found = resolved(context, list, name);
  if (found.kind === "unknown") {
    await context.shared.catalogue.recalled();
    found = resolved(context, list, name);
  }
  // It may have come since, or nobody has listed anything here.
  if (found.kind === "unknown") {
    await refresh(context, [list]);
    found = resolved(context, list, name);
  }
  const what = list === "tools/list" ? "tool" : "prompt";
  if (found.kind === "ambiguous") return answered(errorResponse(id, ambiguousName(what, name, found.names)));
  if (found.kind === "unknown") return answered(errorResponse(id, unknown(context, list, what, name)));
  const { own } = found;
  const member = context.members.get(own.server);
  if (!member) return answered(errorResponse(id, unknown(context, list, what, name)));
  return sendTo(context, member, call, renamed(call.message, own.name), `${what} ${name}`);
}

function resolved({ shared: { catalogue }, told }: MergedContext, list: string, name: string) {
  const known = list === "tools/list" ? told.tools : told.prompts;
  return resolveName(name, known, catalogue.exposed(list), catalogue.listed(list));
}

function unknown({ shared, members }: MergedContext, list: string, what: string, name: string) {
  const names = [...shared.catalogue.exposed(list).owners.keys()];
  const away = [...members.values()].filter(isAway).map((member) => member.name);
  return unknownName(what, name, shared.suggest(name, names), away);
}

/** What is about one resource: to the server that has it, under its own URI. */
export async function byUri(
  context: MergedContext,
  call: Call,
  uri: string,
  renamed: (message: RequestMessage, own: string) => RequestMessage,
): Promise<Answer> {
  let owner = ownerOf(context, uri);
  if (!owner) {
    await refresh(context, [RESOURCES, TEMPLATES]);
    owner = ownerOf(context, uri);
  }
  const what = `resource ${uri}`;
  const member = owner && context.members.get(owner.server);
  if (owner && member) return sendTo(context, member, call, renamed(call.message, owner.name), what);
  // Servers may have resources that they list nowhere.
  const offering = [...context.members.values()].filter((one) => mayOffer(one, "resources"));
  return firstOf(context, call, offering, (answer) => errorIn(answer) === undefined, what);
}

/** The server of a URI: it stands in it, was told, lists it, or has a template for it. */
function ownerOf({ shared, told }: MergedContext, uri: string): Own | undefined {
  const { catalogue, names } = shared;
  const known = namedIn(uri, names) ?? told.uris.get(uri) ?? catalogue.exposed(RESOURCES).owners.get(uri);
  if (known) return known;
  const lister = catalogue.listed(RESOURCES).find((one) => one.names.includes(uri));
  const template = catalogue
    .listed(TEMPLATES)
    .find((one) => one.names.some((text) => text === uri || mayComeOf(uri, text)));
  const server = (lister ?? template)?.server;
  return server === undefined ? undefined : { server, name: uri };
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

async function firstOf(
  context: MergedContext,
  call: Call,
  members: readonly Member[],
  isGood: (answer: Answer) => boolean,
  what: string,
): Promise<Answer> {
  let last: Answer | undefined;
  let failure: unknown;
  for (const member of members.some((one) => !isAway(one))
    ? members.filter((one) => !isAway(one))
    : members) {
    if (call.signal.aborted) throw call.signal.reason;
    try {
      const answer = await sendTo(context, member, call, call.message, what);
      if (isGood(answer)) return answer;
      last ??= answer;
    } catch (error) {
      failure ??= error;
    }
  }
  if (last) return last;
  if (failure !== undefined) throw failure;
  const error = { code: METHOD_NOT_FOUND, message: `no server has ${call.message.method}` };
  return answered(errorResponse(call.message.id, error));
}

/** A setting of the client's: to all servers that know it. */
export async function toAll(context: MergedContext, call: Call, feature: string): Promise<Answer> {
  const members = [...context.members.values()].filter((one) => !isAway(one) && mayOffer(one, feature));
  const answers = await Promise.all(
    members.map((member) =>
      sendTo(context, member, call, call.message, call.message.method).catch(() => undefined),
    ),
  );
  const known = answers.filter((answer) => answer !== undefined);
  const good = known.find((answer) => errorIn(answer) === undefined);
  return good ?? known[0] ?? answered(resultResponse(call.message.id, {}));
}

/** The part of a subscription that is for one server: all lists, and of resources and tasks its own. */
export async function partsOf(context: MergedContext, { params }: RequestMessage): Promise<PartOf> {
  const { names } = context.shared;
  const wanted = objectOf(params.notifications);
  const uris = textsIn(wanted.resourceSubscriptions);
  if (uris.some((uri) => !ownerOf(context, uri))) await refresh(context, [RESOURCES, TEMPLATES]);
  const owners = uris.map((uri) => ownerOf(context, uri) ?? { server: undefined, name: uri });
  const tasks = textsIn(wanted.taskIds).flatMap((id) => unmarked(id, names) ?? []);
  return (server) => {
    const { resourceSubscriptions: _uris, taskIds: _ids, ...lists } = wanted;
    // What nobody lists may be anybody's.
    const own = owners.flatMap((one) =>
      one.server === undefined || one.server === server ? [one.name] : [],
    );
    const taskIds = tasks.flatMap((one) => (one.server === server ? [one.text] : []));
    return {
      ...lists,
      ...(own.length > 0 ? { resourceSubscriptions: own } : {}),
      ...(taskIds.length > 0 ? { taskIds } : {}),
    };
  };
}

const textsIn = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
