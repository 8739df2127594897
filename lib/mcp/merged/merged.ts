// Several servers as one, for one client: what it asks goes to the server that it is for, or to all of them.
import { quietly } from "../../timing/quietly.ts";
import { type ConnectionOptions, createConnection } from "../connection/connection.ts";
import { createIds } from "../jsonrpc/id.ts";
import {
  errorResponse,
  METHOD_NOT_FOUND,
  type NotificationMessage,
  type ResponseMessage,
  resultResponse,
  withId,
} from "../jsonrpc/message.ts";
import { type Answer, answered } from "../protocol/answer.ts";
import { identityIn, metaOf } from "../protocol/meta.ts";
import { LISTEN } from "../protocol/subscription.ts";
import type { Call, Transport } from "../protocol/transport.ts";
import { clientEra, isHandshake } from "../protocol/versions.ts";
import { modernRefusal } from "../translate/modern-rules.ts";
import { tellChanges } from "./changes.ts";
import type { Member, MergedContext, Shared, Upstream } from "./context.ts";
import { shakeHands, tellInitialized, welcome } from "./handshake.ts";
import { listen } from "./listens.ts";
import { list } from "./lists/listing.ts";
import { namedAt } from "./lists/retried-name.ts";
import { byUri, subscriptionParts } from "./resources.ts";
import { byMethod, byName, complete, toAll } from "./routing.ts";
import { heardBy, sendTo } from "./sending.ts";
import { createSides } from "./sides.ts";
import type { Presence } from "./upstreams/presence.ts";
import { unmarkedId } from "./words/marks.ts";
import { LISTS } from "./words/pages.ts";
import { ledBack, progressFor, withParams } from "./words/to-server.ts";

/** Notifications that go to all servers; others of the core are one server's business, or nobody's. */
const NOT_FOR_ALL = ["notifications/cancelled", "notifications/progress", "notifications/tasks/status"];

/** Connects one client with all of the servers. See `createConnection`, which does it with one. */
export function createMerged(shared: Shared, options: ConnectionOptions): Transport {
  const { endpoint, onMessage, shared: sharedClient } = options;
  const { backpressure } = endpoint;
  const members = new Map<string, Member>();
  const context: MergedContext = {
    shared,
    members,
    onMessage,
    era: undefined,
    handshake: sharedClient?.resumed?.handshake.initialize,
    initialized: sharedClient?.resumed?.handshake.initialized,
    level: undefined,
    identity: {},
    told: { tools: new Map(), prompts: new Map(), uris: new Map(), subscribed: new Map() },
    tokens: new Set(),
    late: new Map(),
    pending: new Map(),
    missing: new Map(),
    listens: new Set(),
    ended: new AbortController(),
    nextId: createIds().next,
  };
  const sides = sharedClient && createSides(context, sharedClient);
  for (const upstream of shared.upstreams) {
    const member = memberFor(upstream);
    members.set(member.name, member);
    member.connection = createConnection({
      endpoint: { ...upstream.endpoint, ...(backpressure ? { backpressure } : {}) },
      onMessage: (message) => heardBy(context, member, onMessage)(message),
      ...(sides ? { shared: sides.of(member) } : {}),
    });
  }
  sides?.begin();
  const watch = (server: string, presence: Presence) => changed(context, server, presence);
  shared.watchers.add(watch);
  return {
    request(call) {
      // In the client's own terms, for a process that goes on with it.
      sharedClient?.settings?.note(call.message);
      return request(context, call);
    },
    notify: (message) => notify(context, message),
    respond: (message) => respond(context, message),
    async close(how) {
      shared.watchers.delete(watch);
      context.ended.abort();
      await Promise.all([...members.values()].map(({ connection }) => connection.close(how)));
    },
  };
}

/** One of the servers, of which nothing is asked yet; its connection, which tells of it, comes at once. */
const memberFor = (upstream: Upstream): Member => ({
  upstream,
  name: upstream.name,
  state: { kind: "new" },
  side: undefined,
  connection: undefined as unknown as Transport,
});

/** A server has gone, or is back: the client is told, and what it has open goes on there. */
function changed(context: MergedContext, server: string, { kind }: Presence): void {
  const member = context.members.get(server);
  if (!member || context.era === undefined) return;
  if (kind === "away") return void quietly(tellChanges(context, member));
  for (const open of context.listens) open.join(member);
  void quietly(welcome(context, member));
}

async function request(context: MergedContext, call: Call): Promise<Answer> {
  const { message } = call;
  const { id, method, params } = message;
  if (context.era === undefined && method !== "ping") context.era = clientEra(message);
  if (isHandshake(message)) context.era = "legacy";
  if (context.era === "modern") {
    const problem = modernRefusal(message);
    if (problem) return answered(errorResponse(id, problem));
    context.identity = identityIn(metaOf(message));
  }
  const kind = LISTS.get(method);
  if (kind) return list(context, kind, call);
  switch (method) {
    case "initialize":
    case "server/discover":
      return shakeHands(context, call);
    case "ping":
      return answered(resultResponse(id, {}));
    case "logging/setLevel":
      context.level = message;
      return toAll(context, call, "logging");
    case LISTEN:
      return listen(context, call, await subscriptionParts(context, message));
    case "completion/complete":
      return complete(context, call);
  }
  const back = ledBack(message, context.shared.names);
  const member = back && context.members.get(back.server);
  if (back && member) {
    const own = await namedAt(context, member.name, message);
    return sendTo(context, member, call, withParams(own, back.changes), method);
  }
  switch (method) {
    case "tools/call":
      return byName(context, call, "tools/list", String(params.name), (given, name) =>
        withParams(given, { name }),
      );
    case "prompts/get":
      return byName(context, call, "prompts/list", String(params.name), (given, name) =>
        withParams(given, { name }),
      );
    case "resources/read":
    case "resources/subscribe":
    case "resources/unsubscribe":
      return byUri(context, call, String(params.uri), (given, uri) => withParams(given, { uri }));
    default:
      return method.startsWith("tasks/") ? answered(errorResponse(id, NO_TASK)) : byMethod(context, call);
  }
}

const NO_TASK = { code: METHOD_NOT_FOUND, message: "no server has such a task" };

async function notify(context: MergedContext, message: NotificationMessage): Promise<void> {
  const { method } = message;
  if (method === "notifications/initialized") return tellInitialized(context, message);
  const progress = progressFor(message, context.shared.names);
  if (progress) return context.members.get(progress.server)?.connection.notify(progress.message);
  if (NOT_FOR_ALL.includes(method)) return;
  const told = [...context.members.values()].filter(
    ({ state }) => state.kind === "open" || context.era !== "legacy",
  );
  await Promise.all(told.map(({ connection }) => connection.notify(message)));
}

/** The client's answer goes to the server that asked, under the id that it asked with. */
async function respond(context: MergedContext, message: ResponseMessage): Promise<void> {
  const found = unmarkedId(message.id, context.shared.names);
  if (found) await context.members.get(found.server)?.connection.respond(withId(message, found.id));
}
