import { follow } from "../../../timing/linked-abort.ts";
import {
  errorResponse,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../../jsonrpc/message.ts";
import { type Answer, answered, toRpcError } from "../../protocol/answer.ts";
import type { Call } from "../../protocol/transport.ts";
import { isAway, type Member, type MergedContext, mayOffer, toldOf } from "../context.ts";
import { allAway, wrongCursor } from "../errors.ts";
import { welcome } from "../handshake.ts";
import { ask } from "../sending.ts";
import { gathered, type Outcome } from "../upstreams/gathered.ts";
import { unlessAway } from "../upstreams/unless-away.ts";
import { cursorsIn } from "../words/cursor.ts";
import { marked } from "../words/marks.ts";
import type { Own } from "../words/names.ts";
import { type ListKind, mergedPage, namesOn, type Page } from "../words/pages.ts";
import { withoutProgress } from "../words/to-server.ts";
import { beLate } from "./late-lists.ts";
import { beMissing, beThere, listKey } from "./missing-lists.ts";
import { LIST_MS, type ListAnswer, learnNames, listedIn } from "./names-known.ts";
import { rememberUri } from "./uri-owners.ts";

/** Answers a list, or a page of it, for all servers that are there. */
export async function list(context: MergedContext, kind: ListKind, call: Call): Promise<Answer> {
  const { shared, members } = context;
  const { id, params } = call.message;
  const cursors = params.cursor === undefined ? undefined : cursorsIn(params.cursor, shared.names);
  if (params.cursor !== undefined && !cursors) return answered(errorResponse(id, wrongCursor()));
  const may = [...members.values()].filter((member) => mayOffer(member, kind.feature));
  const wanted = cursors ? may.filter(({ name }) => name in cursors) : may;
  const asked = wanted.filter((member) => !isAway(member));
  await shared.catalogue.recalled();
  // Who is late goes on; what the client cancels does not.
  const over = new AbortController();
  const unlink = follow(call.signal, over);
  const one: Call = { ...call, signal: over.signal };
  const works = new Map(
    asked.map((member) => {
      const work = pageOf(context, member, kind, one, cursors?.[member.name]);
      return [member.name, unlessAway(context, member, kind.method, work)];
    }),
  );
  const owing = asked.filter(({ name }) => (context.pending.get(listKey(name, kind)) ?? 0) > 0);
  const outcomes = await gathered(works, LIST_MS, new Set(owing.map(({ name }) => name)));
  unlink();
  const { pages, errors } = sorted(context, kind, call, { works, outcomes, isFirst: !cursors });
  const [error] = errors;
  // Who goes on with a list must learn that a part of it cannot be had; who begins gets what there is.
  if (error && (cursors || pages.length === 0)) return answered(errorResponse(id, error));
  if (pages.length === 0 && asked.length < wanted.length)
    return answered(errorResponse(id, toRpcError(allAway(reasonsOf(wanted)))));
  // What is shown counts among what may clash, though the rest of its list could not be read.
  if (kind.by !== "taskId")
    for (const { server, result } of pages) shared.catalogue.add(server, kind.method, namesOn(result, kind));
  const isWhole = pages.length === wanted.length;
  return answered(resultResponse(id, mergedPage(kind, pages, tellingNames(context, kind), isWhole)));
}

/** What was asked, of which page of the list, and what came of it. */
interface Asked {
  works: ReadonlyMap<string, Promise<ListAnswer>>;
  outcomes: ReadonlyMap<string, Outcome<ListAnswer>>;
  /** Whether the list begins with this page. */
  isFirst: boolean;
}

/** Pages to show and refusals, in the order of the servers. Of who gave nothing, it is heard later. */
function sorted(
  context: MergedContext,
  kind: ListKind,
  { signal }: Call,
  { works, outcomes, isFirst }: Asked,
): { pages: Page[]; errors: RpcError[] } {
  const pages: Page[] = [];
  const errors: RpcError[] = [];
  const refused = (server: string, error: unknown, told: RpcError) => {
    errors.push(told);
    if (isFirst && !signal.aborted) beMissing(context, kind, server, error);
  };
  for (const [server, outcome] of outcomes) {
    if (outcome.kind === "late") {
      const shown = isFirst ? context.late.get(listKey(server, kind)) : undefined;
      if (shown) pages.push({ server, result: shown });
      beLate(context, kind, server, works.get(server), shown);
    } else if (outcome.kind === "failed") refused(server, outcome.error, toRpcError(outcome.error));
    else if (outcome.value.kind === "refused") refused(server, outcome.value.error, outcome.value.error);
    else {
      beThere(context, kind, server);
      if (outcome.value.kind === "page") pages.push({ server, result: outcome.value.result });
    }
  }
  return { pages, errors };
}

const reasonsOf = (members: readonly Member[]): string[] =>
  members.flatMap(({ name, upstream }) => {
    const presence = upstream.presence.now();
    return presence.kind === "away" ? [`@${name}: ${presence.reason}`] : [];
  });

/** The client's names for what is listed; what it is told it goes on meaning. */
function tellingNames(context: MergedContext, kind: ListKind): (own: Own) => string {
  if (kind.by === "taskId") return ({ server, name }) => marked(server, name);
  const exposed = context.shared.catalogue.exposed(kind.method);
  const told = toldOf(context, kind.method);
  return (own) => {
    const name = exposed.nameOf(own);
    if (kind.by === "uri") rememberUri(context, name, own);
    else told?.set(name, own);
    return name;
  };
}

/** One server's page, and before it is shown all names of its list: what clashes shows in all of them alone. */
async function pageOf(
  context: MergedContext,
  member: Member,
  kind: ListKind,
  call: Call,
  cursor: string | undefined,
): Promise<ListAnswer> {
  if (member.state.kind === "opening") await member.state.done;
  if (member.state.kind === "failed") await welcome(context, member);
  if (!mayOffer(member, kind.feature)) return { kind: "none" };
  const plain = withoutProgress(call.message);
  const message =
    cursor === undefined ? plain : requestMessage(plain.id, plain.method, { ...plain.params, cursor });
  const page = listedIn(member, await ask(context, member, { ...call, message }));
  if (page.kind === "none") context.shared.catalogue.learn(member.name, kind.method, []);
  if (page.kind === "page" && kind.by !== "taskId")
    await learnNames(context, member, kind, cursor === undefined ? page.result : undefined);
  return page;
}
