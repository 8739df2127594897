// One subscription of a modern client, kept at each of the servers (MCP 2026-07-28 "Subscriptions").
import { type JsonObject, objectOf } from "../../json.ts";
import { quietly } from "../../timing/quietly.ts";
import {
  exactParams,
  type NotificationMessage,
  notification,
  request as requestMessage,
} from "../jsonrpc/message.ts";
import { type Answer, answered } from "../protocol/answer.ts";
import {
  ACKNOWLEDGED,
  carries,
  changesIn,
  type Filter,
  LISTEN,
  subscriptionEnd,
  tagged,
  untagged,
} from "../protocol/subscription.ts";
import type { Call } from "../protocol/transport.ts";
import { isAway, type Member, type MergedContext } from "./context.ts";
import { uriFor } from "./lists/uri-owners.ts";
import { ask } from "./sending.ts";
import { gathered } from "./upstreams/gathered.ts";
import { keepUp } from "./upstreams/keep-up.ts";
import { unlessAway } from "./upstreams/unless-away.ts";
import { marked } from "./words/marks.ts";

/** How long the acknowledgement waits for servers that are slower than others, in ms. */
const ACKNOWLEDGE_MS = 3000;

/** One subscription, and what goes on at the servers for it. */
export interface Listen {
  /** Brings a change to the client, where it wants to hear of it. */
  tell(message: NotificationMessage): Promise<void>;
  /** A server is back: it is asked for its part again. */
  join(member: Member): void;
}

/** The part of a filter that is for one server. */
export type PartOf = (server: string) => JsonObject;

/** A subscription under way. */
interface UnderWay {
  call: Call;
  partOf: PartOf;
  /** Ends it at all servers. */
  over: AbortController;
  /** The client has its acknowledgement, which comes before all else. */
  acknowledged: PromiseWithResolvers<void>;
  /** Servers that have it. */
  at: Set<string>;
}

/** Carries one subscription until the client cancels it, whatever becomes of single servers. */
export async function listen(context: MergedContext, call: Call, partOf: PartOf): Promise<Answer> {
  const { message, signal, onMessage } = call;
  const { id } = message;
  if (signal.aborted) throw signal.reason;
  const over = new AbortController();
  const end = Promise.withResolvers<void>();
  const stop = () => {
    over.abort(signal.reason);
    end.resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  context.ended.signal.addEventListener("abort", stop, { once: true });
  const wanted: Filter = objectOf(message.params.notifications);
  const one: UnderWay = { call, partOf, over, acknowledged: Promise.withResolvers(), at: new Set() };
  const mine: Listen = {
    tell: async (change) => {
      if (carries(wanted, change.method, change.params)) await pass(one, change);
    },
    join: (member) => {
      if (!one.at.has(member.name)) void join(context, one, member);
    },
  };
  context.listens.add(mine);
  try {
    const there = [...context.members.values()].filter((member) => !isAway(member));
    const works = new Map(
      there.map((member) => [member.name, unlessAway(context, member, LISTEN, join(context, one, member))]),
    );
    const outcomes = [...(await gathered(works, ACKNOWLEDGE_MS)).values()];
    const parts = outcomes.flatMap((outcome) => (outcome.kind === "done" ? [outcome.value] : []));
    const notifications = honouredOf(wanted, parts);
    if (!over.signal.aborted) await onMessage(notification(ACKNOWLEDGED, tagged({ notifications }, id)));
    one.acknowledged.resolve();
    await end.promise;
  } finally {
    context.listens.delete(mine);
    signal.removeEventListener("abort", stop);
    context.ended.signal.removeEventListener("abort", stop);
    over.abort(signal.reason);
    one.acknowledged.resolve();
  }
  return answered(subscriptionEnd(id));
}

/** Asks one server for its part, and keeps that up. @returns what it honours at once, under the client's names */
function join(context: MergedContext, one: UnderWay, member: Member): Promise<JsonObject> {
  const { call, partOf, over, at } = one;
  const honoured = Promise.withResolvers<JsonObject>();
  at.add(member.name);
  const params = { ...exactParams(call.message), notifications: partOf(member.name) };
  const work = keepUp(member, over.signal, (isFirst) =>
    ask(context, member, {
      message: requestMessage(context.nextId(), LISTEN, params),
      signal: over.signal,
      async onMessage(heard) {
        if (heard.kind === "request") return;
        if (heard.method !== ACKNOWLEDGED) return pass(one, heard);
        const theirs = inClientsTerms(context, member, objectOf(heard.params.notifications));
        honoured.resolve(theirs);
        // What changed before was told to nobody.
        const missed = isFirst ? [] : changesIn(theirs);
        for (const change of missed) await pass(one, notification(change.method, change.params));
      },
    }).finally(() => honoured.resolve({})),
  );
  void quietly(work).then(() => at.delete(member.name));
  return honoured.promise;
}

async function pass({ call, over, acknowledged }: UnderWay, change: NotificationMessage): Promise<void> {
  await acknowledged.promise;
  if (over.signal.aborted) return;
  const params = tagged(untagged(exactParams(change)), call.message.id);
  await call.onMessage(notification(change.method, params));
}

/** Members of a filter that are lists of what is one server's. */
const LISTS_OF = ["resourceSubscriptions", "taskIds"];

/** What a server honours, under the client's names. */
function inClientsTerms(context: MergedContext, { name }: Member, honoured: JsonObject): JsonObject {
  const named = (key: string, change: (text: string) => string) => {
    const list = honoured[key];
    return Array.isArray(list)
      ? { [key]: list.map((one) => (typeof one === "string" ? change(one) : one)) }
      : {};
  };
  return {
    ...honoured,
    ...named("resourceSubscriptions", (uri) => uriFor(context, name, uri)),
    ...named("taskIds", (id) => marked(name, id)),
  };
}

/** Lists change with the servers, whatever those tell of; of what is one server's, as far as that honours it. */
function honouredOf(
  { toolsListChanged, promptsListChanged, resourcesListChanged }: Filter,
  parts: readonly JsonObject[],
): JsonObject {
  const joined: JsonObject = Object.assign({}, ...parts);
  for (const key of LISTS_OF)
    if (key in joined) joined[key] = parts.flatMap((part) => (Array.isArray(part[key]) ? part[key] : []));
  return {
    ...joined,
    ...(toolsListChanged ? { toolsListChanged } : {}),
    ...(promptsListChanged ? { promptsListChanged } : {}),
    ...(resourcesListChanged ? { resourcesListChanged } : {}),
  };
}
