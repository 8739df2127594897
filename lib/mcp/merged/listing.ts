// The lists of all servers as one, a page of each at a time.
import type { JsonObject } from "../../json.ts";
import { follow } from "../../timing/linked-abort.ts";
import {
  errorResponse,
  exactResult,
  METHOD_NOT_FOUND,
  type RpcError,
  request as requestMessage,
  resultResponse,
} from "../jsonrpc/message.ts";
import { type Answer, answered, rpcErrorOf, toRpcError } from "../protocol/answer.ts";
import { nextPage } from "../protocol/pages.ts";
import type { Call } from "../protocol/transport.ts";
import { tellChanges } from "./changes.ts";
import { isAway, type Member, type MergedContext, mayOffer } from "./context.ts";
import { allAway, wrongCursor } from "./errors.ts";
import { welcome } from "./handshake.ts";
import { ask } from "./sending.ts";
import { gathered } from "./upstreams/gathered.ts";
import { rememberUri } from "./uri-owners.ts";
import { cursorsIn } from "./words/cursor.ts";
import { marked } from "./words/marks.ts";
import type { Own } from "./words/names.ts";
import { LISTS, type ListKind, mergedPage, namesOn, type Page } from "./words/pages.ts";
import { withoutProgress } from "./words/to-server.ts";

/** How long a list waits for servers that are slower than others, in ms. */
const LIST_MS = 5000;

/** What one server answered. */
type Listed = { kind: "page"; result: JsonObject } | { kind: "none" } | { kind: "refused"; error: RpcError };

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
    asked.map((member) => [member.name, pageOf(context, member, kind, one, cursors?.[member.name])]),
  );
  const outcomes = await gathered(works, LIST_MS);
  unlink();
  const pages: Page[] = [];
  const errors: RpcError[] = [];
  for (const [server, outcome] of outcomes) {
    if (outcome.kind === "late") {
      const shown = cursors ? undefined : context.late.get(lateKey(server, kind));
      if (shown) pages.push({ server, result: shown });
      beLate(context, kind, server, works.get(server), shown);
    } else if (outcome.kind === "failed") errors.push(toRpcError(outcome.error));
    else if (outcome.value.kind === "page") pages.push({ server, result: outcome.value.result });
    else if (outcome.value.kind === "refused") errors.push(outcome.value.error);
  }
  const [error] = errors;
  // Who goes on with a list must learn that a part of it cannot be had; who begins gets what there is.
  if (error && (cursors || pages.length === 0)) return answered(errorResponse(id, error));
  if (pages.length === 0 && asked.length < wanted.length)
    return answered(errorResponse(id, toRpcError(allAway(reasonsOf(wanted)))));
  const isWhole = pages.length === wanted.length;
  return answered(resultResponse(id, mergedPage(kind, pages, tellingNames(context, kind), isWhole)));
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
  const told = toldOf(context, kind);
  return (own) => {
    const name = exposed.nameOf(own);
    if (told) told.set(name, own);
    else if (kind.by === "uri") rememberUri(context, name, own);
    return name;
  };
}

const toldOf = ({ told }: MergedContext, { method }: ListKind): Map<string, Own> | undefined =>
  method === "tools/list" ? told.tools : method === "prompts/list" ? told.prompts : undefined;

/** One server's page, and before it is shown all names of its list: what clashes shows in all of them alone. */
async function pageOf(
  context: MergedContext,
  member: Member,
  kind: ListKind,
  call: Call,
  cursor: string | undefined,
): Promise<Listed> {
  if (member.state.kind === "opening") await member.state.done;
  if (member.state.kind === "failed") await welcome(context, member);
  if (!mayOffer(member, kind.feature)) return { kind: "none" };
  const plain = withoutProgress(call.message);
  const message =
    cursor === undefined ? plain : requestMessage(plain.id, plain.method, { ...plain.params, cursor });
  const page = listedIn(member, await ask(context, member, { ...call, message }));
  if (page.kind === "page" && kind.by !== "taskId")
    await learnNames(context, member, kind, cursor === undefined ? page.result : undefined);
  return page;
}

function listedIn({ upstream }: Member, answer: Answer): Listed {
  if (answer.kind === "refused") {
    const error = rpcErrorOf(answer, upstream.endpoint.url);
    return error.code === METHOD_NOT_FOUND ? { kind: "none" } : { kind: "refused", error };
  }
  const { error } = answer.message;
  if (error?.code === METHOD_NOT_FOUND) return { kind: "none" };
  return error ? { kind: "refused", error } : { kind: "page", result: exactResult(answer.message) };
}

/** Learns all names of a server's list, unless they are known. @param first its first page, where that was just read */
async function learnNames(
  context: MergedContext,
  member: Member,
  kind: ListKind,
  first: JsonObject | undefined,
): Promise<void> {
  const { catalogue } = context.shared;
  const { name } = member;
  if (first && typeof first.nextCursor !== "string")
    return catalogue.learn(name, kind.method, namesOn(first, kind));
  if (!catalogue.isFresh(name, kind.method)) await walk(context, member, kind, first);
}

/** Reads a server's list to its end, in our own name. @returns whether it could be read */
async function walk(
  context: MergedContext,
  member: Member,
  kind: ListKind,
  first?: JsonObject,
): Promise<boolean> {
  const names: string[] = first ? namesOn(first, kind) : [];
  const pages = nextPage();
  let cursor = first ? pages(first) : undefined;
  if (first && cursor === undefined) return false;
  do {
    const params = { ...metaFor(context), ...(cursor === undefined ? {} : { cursor }) };
    const message = requestMessage(context.nextId(), kind.method, params);
    const answer = await ask(context, member, {
      message,
      signal: context.ended.signal,
      onMessage: context.onMessage,
    });
    const page = listedIn(member, answer);
    if (page.kind !== "page") return page.kind === "none";
    for (const name of namesOn(page.result, kind)) names.push(name);
    cursor = pages(page.result);
  } while (cursor !== undefined);
  context.shared.catalogue.learn(member.name, kind.method, names);
  return true;
}

/** What a modern request of ours says of the client. */
export const metaFor = ({ identity }: MergedContext): JsonObject =>
  Object.keys(identity).length === 0 ? {} : { _meta: identity };

/** Lists all servers anew on our own account, those that are there; waits for slow ones only so long. */
export async function refresh(context: MergedContext, methods: readonly string[]): Promise<void> {
  await context.shared.catalogue.recalled();
  const works = new Map<string, Promise<unknown>>();
  for (const member of context.members.values())
    for (const method of methods) {
      const kind = LISTS[method];
      if (kind && !isAway(member) && mayOffer(member, kind.feature))
        works.set(`${member.name} ${method}`, walk(context, member, kind));
    }
  await gathered(works, LIST_MS);
}

/**
 * A server that was too slow for a list: once it has answered, the client hears that there is more, and the next list has
 * what was answered. @param shown what the list had of it
 */
function beLate(
  context: MergedContext,
  kind: ListKind,
  server: string,
  work: Promise<Listed> | undefined,
  shown: JsonObject | undefined,
): void {
  context.shared.onLate(server, kind.method);
  work?.then(
    (listed) => {
      const member = context.members.get(server);
      if (listed.kind !== "page" || !member) return;
      context.late.set(lateKey(server, kind), listed.result);
      // Else a server that is always slow would be listed without end.
      const before = shown ? namesOn(shown, kind) : [];
      if (kind.feature !== "tasks" && namesOn(listed.result, kind).join("\n") !== before.join("\n"))
        void tellChanges(context, member, [kind.feature]);
    },
    () => {},
  );
}

const lateKey = (server: string, { method }: ListKind) => `${server} ${method}`;
