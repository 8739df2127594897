// Which server a resource is of.
import { objectOf } from "../../json.ts";
import { quietly } from "../../timing/quietly.ts";
import { type RequestMessage, request as requestMessage } from "../jsonrpc/message.ts";
import { type Answer, errorIn } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { type Member, type MergedContext, mayOffer } from "./context.ts";
import { firstOf } from "./first-of.ts";
import type { PartOf } from "./listens.ts";
import { refresh } from "./lists/names-known.ts";
import { forgetSubscription, rememberSubscription } from "./lists/uri-owners.ts";
import { sendTo } from "./sending.ts";
import { unmarked } from "./words/marks.ts";
import type { Own } from "./words/names.ts";
import { mayComeOf, namedIn } from "./words/uris.ts";

const TEMPLATES = "resources/templates/list";
const RESOURCES = "resources/list";

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
  if (owner && member) {
    const { method } = call.message;
    if (method === "resources/subscribe") rememberSubscription(context, uri, owner);
    if (method === "resources/unsubscribe") forgetSubscription(context, owner);
    return sendTo(context, member, call, renamed(call.message, owner.name), what);
  }
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

/** Subscribes to a resource in the client's name, where it is this server's. Never rejects. */
export async function subscribeAt(
  context: MergedContext,
  member: Member,
  message: RequestMessage,
): Promise<void> {
  const uri = String(message.params.uri);
  if (!ownerOf(context, uri)) await refresh(context, [RESOURCES, TEMPLATES]);
  const owner = ownerOf(context, uri);
  if (owner?.server !== member.name) return;
  rememberSubscription(context, uri, owner);
  const own = requestMessage(context.nextId(), message.method, { uri: owner.name });
  const call: Call = { message: own, signal: context.ended.signal, onMessage: context.onMessage };
  await quietly(sendTo(context, member, call, own, `resource ${uri}`));
}

/** The part of a subscription that is for one server: all lists, and of resources and tasks its own. */
export async function subscriptionParts(context: MergedContext, { params }: RequestMessage): Promise<PartOf> {
  const { names } = context.shared;
  const wanted = objectOf(params.notifications);
  const uris = textsIn(wanted.resourceSubscriptions);
  if (uris.some((uri) => !ownerOf(context, uri))) await refresh(context, [RESOURCES, TEMPLATES]);
  const owners = uris.map((uri) => {
    const owner = ownerOf(context, uri);
    if (owner) rememberSubscription(context, uri, owner);
    return owner ?? { server: undefined, name: uri };
  });
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
