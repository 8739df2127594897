// Tools that a client may not use: hidden from its lists, refused when they are called. A transport around the
// connection, only there where somebody asked for it.
import { M2mcpError } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { exactResult, resultResponse } from "../jsonrpc/message.ts";
import { type Answer, answered } from "../protocol/answer.ts";
import type { Call, Guard, OnMessage, Transport } from "../protocol/transport.ts";
import { doubtfulMember } from "./doubtful.ts";
import { doubtfulRequest, toolChanged, toolNew, toolNotListed } from "./errors.ts";
import { createKeptPins, type KeptPins } from "./kept-pins.ts";
import { type PinStore, withheld } from "./pins.ts";
import { createSeenTools, type SeenTools } from "./seen-tools.ts";
import { deniedByHints, deniedByName, type ToolRule } from "./tool-rules.ts";

export interface GuardOptions {
  rules: readonly ToolRule[];
  /** Where tools are pinned; absent: they are not. */
  pins?: PinStore;
  /** The command that shows and approves a changed or new tool. */
  approve(tool: string): string;
  /** Says once to a person what is withheld. */
  warn(line: string): void;
  now(): number;
}

interface Context extends Omit<GuardOptions, "pins"> {
  inner: Transport;
  seen: SeenTools;
  pins: KeptPins | undefined;
  warned: Set<string>;
}

/** What a list shows of a tool: all, nothing, or what stands in its place. */
type Shown = { kind: "as it is" } | { kind: "hidden" } | { kind: "replaced"; tool: JsonObject };

/** A guard over the tools of one server; see `Guard`. */
export function createGuard(options: GuardOptions): Guard {
  return (onMessage, connect) => {
    const heard: OnMessage = (message) => {
      if (message.method === "notifications/tools/list_changed") seen.forget();
      return onMessage(message);
    };
    const inner = connect(heard);
    const seen = createSeenTools(() => inner, heard);
    const { pins: store, ...rest } = options;
    const pins = store && createKeptPins(store, seen, options.now);
    const context: Context = { ...rest, inner, seen, pins, warned: new Set() };
    return {
      request: (call) => request(context, call),
      denial: (message) => denial(context, message),
      async notify(message) {
        if (doubtfulMember(message.text, false) === undefined) await inner.notify(message);
      },
      async respond(message) {
        if (doubtfulMember(message.text, false) === undefined) await inner.respond(message);
      },
      close: (how) => inner.close(how),
    };
  };
}

async function request(context: Context, given: Call): Promise<Answer> {
  const { message, onMessage } = given;
  const doubtful = doubtfulMember(message.text, message.method === "tools/call");
  if (doubtful !== undefined) throw doubtfulRequest(doubtful);
  const call: Call = {
    ...given,
    onMessage(heard) {
      if (heard.method === "notifications/tools/list_changed") context.seen.forget();
      return onMessage(heard);
    },
  };
  if (message.method === "tools/call") await checkCall(context, call);
  const answer = await context.inner.request(call);
  return message.method === "tools/list" ? shownList(context, call, answer) : answer;
}

/** Why a tool of the lists that went by may not be called; one that is not in them is not spoken of. */
async function denial(context: Context, message: Call["message"]): Promise<M2mcpError | undefined> {
  if (context.seen.named(String(message.params.name)).length === 0) return undefined;
  try {
    await checkCall(context, { message });
    return undefined;
  } catch (error) {
    if (error instanceof M2mcpError) return error;
    throw error;
  }
}

/** @throws M2mcpError where the tool may not be called */
async function checkCall(context: Context, { message }: Pick<Call, "message">): Promise<void> {
  const { rules, seen, pins } = context;
  const name = String(message.params.name);
  const denied = deniedByName(rules, name);
  if (denied) throw denied;
  const hinted = rules.find(({ kind }) => kind === "read-only");
  if (!hinted && !pins) return;
  if (seen.named(name).length === 0) await seen.listAll(message);
  const tools = seen.named(name);
  if (tools.length === 0) throw toolNotListed(name, hinted?.setBy ?? "its tools are pinned");
  for (const tool of tools) {
    const byHints = deniedByHints(rules, name, tool);
    if (byHints) throw byHints;
    let verdict = await pins?.judge(name, tool, message);
    if (verdict === "changed" || verdict === "new") {
      // It may have been approved since.
      pins?.renew();
      verdict = await pins?.judge(name, tool, message);
    }
    if (verdict === "changed") throw toolChanged(name, context.approve(name));
    if (verdict === "new") throw toolNew(name, context.approve(name));
  }
}

/** A list of tools without those that may not be used; as it came, where that is all of them. */
async function shownList(context: Context, { message }: Call, answer: Answer): Promise<Answer> {
  const listed = answer.kind === "response" ? answer.message.result?.tools : undefined;
  if (answer.kind !== "response" || !Array.isArray(listed)) return answer;
  const { seen, pins } = context;
  seen.take(listed, { cursor: message.params.cursor, nextCursor: answer.message.result?.nextCursor });
  pins?.renew();
  const shown: Shown[] = [];
  for (const tool of listed) shown.push(await shownTool(context, tool, message));
  const { id } = answer.message;
  if (id === null || shown.every(({ kind }) => kind === "as it is")) return answer;
  const result = exactResult(answer.message);
  const exact = Array.isArray(result.tools) ? result.tools : listed;
  const tools = exact.flatMap((tool: unknown, at) => {
    const how = shown[at] ?? { kind: "hidden" };
    return how.kind === "replaced" ? [how.tool] : how.kind === "hidden" ? [] : [tool];
  });
  return answered(resultResponse(id, { ...result, tools }));
}

async function shownTool(
  { rules, pins, approve, warn, warned }: Context,
  tool: unknown,
  cause: Call["message"],
): Promise<Shown> {
  if (!isObject(tool) || typeof tool.name !== "string") return { kind: "hidden" };
  const { name } = tool;
  if (deniedByName(rules, name) || deniedByHints(rules, name, tool)) return { kind: "hidden" };
  const verdict = await pins?.judge(name, tool, cause);
  if (verdict === undefined || verdict === "same") return { kind: "as it is" };
  const failure = verdict === "changed" ? toolChanged : toolNew;
  const command = approve(name);
  if (!warned.has(name))
    warn(`${failure(name, command).message.replace(/; it was not called$/, "")}: ${command}`);
  warned.add(name);
  const pinned = pins?.pinned(name);
  return verdict === "changed" && pinned
    ? { kind: "replaced", tool: withheld(pinned, command) }
    : { kind: "hidden" };
}
