// A server that is there and gives no list: it is told once, and the client hears when it does.
import { M2mcpError } from "../../../failure.ts";
import { oneLine } from "../../../net/one-line.ts";
import { backoffMs } from "../../../timing/backoff.ts";
import { sleep } from "../../../timing/sleep.ts";
import { tellChanges } from "../changes.ts";
import { isAway, type Member, type MergedContext } from "../context.ts";
import type { ListKind } from "../words/pages.ts";
import { walk } from "./names-known.ts";

/** First and longest wait before a list is asked for again, in ms. */
const AGAIN_MS = { first: 1000, longest: 30_000 };
/** Longest reason that is told, in characters. */
const LONGEST = 200;

/** One server's list, for what is remembered of it. */
export const listKey = (server: string, { method }: ListKind) => `${server} ${method}`;

/** A server's part is missing in a list, and not because it is away. @param error what came of asking for it */
export function beMissing(context: MergedContext, kind: ListKind, server: string, error: unknown): void {
  const member = context.members.get(server);
  const key = listKey(server, kind);
  // Of tasks no client hears that there are more.
  if (!member || kind.by === "taskId" || context.missing.has(key)) return;
  if (context.ended.signal.aborted || isAway(member)) return;
  const reason = error instanceof M2mcpError || isRpcError(error) ? oneLine(error.message, LONGEST) : "";
  context.missing.set(key, server);
  context.shared.onListing(server, kind.method, reason || "it gave none");
  void askAgain(context, kind, member);
}

const isRpcError = (error: unknown): error is { message: string } =>
  typeof error === "object" && error !== null && "message" in error && typeof error.message === "string";

/** It is in the list again. */
export function beThere(context: MergedContext, kind: ListKind, server: string): void {
  if (context.missing.delete(listKey(server, kind))) context.shared.onListing(server, kind.method, undefined);
}

async function askAgain(context: MergedContext, kind: ListKind, member: Member): Promise<void> {
  const { missing, ended } = context;
  const key = listKey(member.name, kind);
  for (let failures = 1; missing.has(key) && !ended.signal.aborted; failures++) {
    const waitMs = backoffMs(failures, AGAIN_MS.first, Math.random, AGAIN_MS.longest);
    await sleep(waitMs, ended.signal).catch(() => {});
    if (ended.signal.aborted || !missing.has(key)) return;
    // The lists are told of when it is back.
    if (isAway(member)) return void missing.delete(key);
    if (!(await walk(context, member, kind).catch(() => false))) continue;
    beThere(context, kind, member.name);
    await tellChanges(context, member, [kind.feature]);
  }
}
