// Many calls from a file, over one session.
import type { Command, Outcome } from "../../command-line/command.ts";
import { EXIT, M2mcpError } from "../../failure.ts";
import type { McpClient } from "../../hosts/one-off.ts";
import type { JsonObject } from "../../json.ts";
import { isToolError } from "../../mcp/protocol/answer.ts";
import { REPLACED } from "../../plain-text.ts";
import { follow } from "../../timing/linked-abort.ts";
import { failureJson } from "../../ui/failure-json.ts";
import { onceEach } from "../../ui/tell-once.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { toolFailed } from "../errors.ts";
import { callTool } from "../tools/call-tool.ts";
import { withClient } from "../with-client.ts";
import { badParallel, callsFailed, notWanted } from "./errors.ts";
import { inOrder } from "./in-order.ts";
import { inputLines, type NumberedLine } from "./input.ts";
import { callLine, type PlannedCall, plannedCall } from "./planned-call.ts";

const MOST_PARALLEL = 64;

interface Speaking {
  client: McpClient;
  catalogue: Catalogue;
  /** Each line once. */
  warn(line: string): void;
}

/** What a line came to: what is written of it, and its failure, if it is one. */
interface Ran {
  written: JsonObject;
  failed?: M2mcpError;
}

/** `m2mcp @svc run FILE|-`: a call for each line of JSON, over one session, and its answer as a line of JSON, in order. */
export async function run(command: Command): Promise<Outcome> {
  const [, path = "-"] = command.positionals;
  const parallel = parallelOf(command.options.value("parallel"));
  return withClient(command, async (client, catalogue) => {
    // Who comes first asks for the era, and the others would wait for all of its work.
    if (parallel > 1) await alive(client);
    return runLines(command, { client, catalogue, warn: onceEach(command.output.warn) }, path, parallel);
  });
}

async function runLines(
  command: Command,
  speaking: Speaking,
  path: string,
  parallel: number,
): Promise<Outcome> {
  const { io, options, output } = command;
  const out = io.openStdout();
  const keepsGoing = options.on("keep-going");
  // At a terminal the line of progress may stand there.
  const lineStart = output.screen.out.isTerminal && io.env.TERM !== "dumb" ? "\r\u001b[2K" : "";
  const over = new AbortController();
  const { gone } = speaking.client;
  const unlink = follow(gone, over);
  const noReader = () => over.abort(notWanted());
  out.gone.addEventListener("abort", noReader, { once: true });
  let [all, failures] = [0, 0];
  let first: M2mcpError | undefined;
  let unwritable: unknown;
  await inOrder(inputLines(io, path, over.signal), {
    parallel,
    over: over.signal,
    work: (line) => carryOut(command, speaking, line, over.signal),
    emit({ written, failed }) {
      // What comes after the call that ended it all was given up.
      if (over.signal.aborted) return undefined;
      all++;
      if (failed) {
        failures++;
        first ??= failed;
        if (!keepsGoing) over.abort(notWanted());
      }
      try {
        return out.write(`${lineStart}${output.line(written)}`);
      } catch (error) {
        // What --jq cannot take ends it, however long the input goes on.
        unwritable = error;
        over.abort(notWanted());
        return undefined;
      }
    },
  });
  await out.flushed();
  out.gone.removeEventListener("abort", noReader);
  unlink();
  gone.throwIfAborted();
  if (unwritable !== undefined) throw unwritable;
  return first && callsFailed(first, failures, all);
}

/** Carries out one line; its failure is an outcome like others. */
async function carryOut(
  command: Command,
  speaking: Speaking,
  { text, number }: NumberedLine,
  signal: AbortSignal,
): Promise<Ran> {
  let id: unknown = number;
  try {
    const line = await callLine(text, number);
    id = line.id === undefined ? number : line.id;
    const call = plannedCall(line, number);
    if (text.includes(REPLACED))
      speaking.warn(`a line holds U+FFFD, which is sent in place of what is no UTF-8`);
    for (const name of call.unheard)
      speaking.warn(`${name} means nothing in a line for ${call.method}, and is not sent`);
    const result = await resultOf(command, speaking, call, signal);
    const failed = isToolError(result) ? toolFailed(String(call.params.name)) : undefined;
    return { written: { id, result }, ...(failed ? { failed } : {}) };
  } catch (error) {
    if (!(error instanceof M2mcpError)) throw error;
    return { written: { id, ...failureJson(error) }, failed: error };
  }
}

async function resultOf(
  command: Command,
  speaking: Speaking,
  { method, params }: PlannedCall,
  signal: AbortSignal,
): Promise<JsonObject> {
  const options = { signal, spelled: true };
  if (method !== "tools/call") return speaking.client.request(method, params, options);
  const { name, arguments: given, ...rest } = params;
  const call = { ...rest, name: String(name), arguments: given as JsonObject };
  return (await callTool(command, speaking, call, options)).result;
}

async function alive(client: McpClient): Promise<void> {
  await client.ping().catch((error: unknown) => {
    // A server that knows no ping is there all the same.
    if (!(error instanceof M2mcpError) || error.exitCode !== EXIT.server) throw error;
  });
}

function parallelOf(text = "1"): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MOST_PARALLEL) throw badParallel(text);
  return count;
}
