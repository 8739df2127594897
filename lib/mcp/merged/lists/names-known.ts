// All names of a server's list: what clashes shows in all of them alone.
import type { JsonObject } from "../../../json.ts";
import {
  exactResult,
  METHOD_NOT_FOUND,
  type RpcError,
  request as requestMessage,
} from "../../jsonrpc/message.ts";
import { type Answer, resultOrErrorIn } from "../../protocol/answer.ts";
import { nextPage } from "../../protocol/pages.ts";
import { isAway, type Member, type MergedContext, mayOffer } from "../context.ts";
import { ask } from "../sending.ts";
import { gathered } from "../upstreams/gathered.ts";
import { LISTS, type ListKind, namesOn } from "../words/pages.ts";

/** How long a list waits for servers that are slower than others, in ms. */
export const LIST_MS = 5000;

/** What one server answered. */
export type ListAnswer =
  | { kind: "page"; result: JsonObject }
  | { kind: "none" }
  | { kind: "refused"; error: RpcError };

/** What an answer to a list says: a page of it, that there is none, or a refusal. */
export function listedIn({ upstream }: Member, answer: Answer): ListAnswer {
  const read = resultOrErrorIn(answer, upstream.endpoint.url);
  if (read.kind === "result") return { kind: "page", result: exactResult(read.message) };
  const { error } = read;
  return error.code === METHOD_NOT_FOUND ? { kind: "none" } : { kind: "refused", error };
}

/** Learns all names of a server's list, unless they are known. @param first its first page, where that was just read */
export async function learnNames(
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
export async function walk(
  context: MergedContext,
  member: Member,
  kind: ListKind,
  first?: JsonObject,
): Promise<boolean> {
  const names: string[] = first ? namesOn(first, kind) : [];
  const pages = nextPage();
  let cursor = first ? pages(first) : undefined;
  if (first && cursor === undefined) return true;
  do {
    const params = { ...metaFor(context), ...(cursor === undefined ? {} : { cursor }) };
    const message = requestMessage(context.nextId(), kind.method, params);
    const answer = await ask(context, member, {
      message,
      signal: context.ended.signal,
      onMessage: context.onMessage,
    });
    const page = listedIn(member, answer);
    if (page.kind === "none") break;
    if (page.kind === "refused") return false;
    for (const name of namesOn(page.result, kind)) names.push(name);
    cursor = pages(page.result);
  } while (cursor !== undefined);
  context.shared.catalogue.learn(member.name, kind.method, names);
  return true;
}

/** What a modern request of ours says of the client. */
const metaFor = ({ identity }: MergedContext): JsonObject =>
  Object.keys(identity).length === 0 ? {} : { _meta: identity };

/** Lists all servers anew on our own account, those that are there; waits for slow ones only so long. */
export async function refresh(context: MergedContext, methods: readonly string[]): Promise<void> {
  await context.shared.catalogue.recalled();
  const works = new Map<string, Promise<unknown>>();
  for (const member of context.members.values())
    for (const method of methods) {
      const kind = LISTS.get(method);
      if (kind && !isAway(member) && mayOffer(member, kind.feature))
        works.set(`${member.name} ${method}`, walk(context, member, kind));
    }
  await gathered(works, LIST_MS);
}
