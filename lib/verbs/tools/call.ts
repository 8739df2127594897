import { fstatSync } from "node:fs";
import type { Command, Outcome } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { toolResult } from "../../ui/render.ts";
import { toolFailed } from "../errors.ts";
import { readStdin } from "../read-stdin.ts";
import { notTooDeep, parsePairs, withClient } from "../with-client.ts";
import { callTool } from "./call-tool.ts";

/** How long a program that started this one has for the first byte of arguments, unless `-` asks for them. */
const FIRST_BYTE_MS = 1000;
/** Longest arguments on stdin, in bytes: what is made of them takes several times as much. */
const MAX_STDIN_BYTES = 128 * 1024 * 1024;
/** A command that reads stdin says so when it has waited this long, in ms. */
const NOTE_AFTER_MS = 3000;

/** `m2mcp @svc tools-call NAME key=value key:='json'`, or with the arguments as JSON on stdin. */
export async function run(command: Command): Promise<Outcome> {
  const [, name = "", ...pairs] = command.positionals;
  const given = await toolArguments(command, pairs);
  const called = await withClient(command, (client) => callTool(command, client, { name, arguments: given }));
  const { result } = called;
  command.output.data(result);
  if (called.kind === "detached") {
    command.output.print(called.task.taskId);
    return undefined;
  }
  const shown = toolResult(result);
  if (shown !== "") command.output.print(shown);
  return result.isError === true ? toolFailed(name) : undefined;
}

async function toolArguments(command: Command, pairs: string[]): Promise<JsonObject> {
  if (pairs.length > 0 && !(pairs.length === 1 && pairs[0] === "-")) return parsePairs(pairs, true);
  const asked = pairs.length === 1;
  const kind = asked ? "pipe" : stdinKind(command);
  if (kind === "none" || (kind === "socket" && !(await startsSoon(command)))) return {};
  const waits = setTimeout(
    () => command.output.note("waiting for the end of stdin, for arguments as JSON; with none: </dev/null"),
    NOTE_AFTER_MS,
  );
  const text = (
    await readStdin(command, MAX_STDIN_BYTES, "arguments").finally(() => clearTimeout(waits))
  ).trim();
  if (text === "") {
    if (asked) throw wrongUsage("stdin holds no arguments", "write a JSON object to it");
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrongUsage("the arguments on stdin are not valid JSON", "write one JSON object, or give key=value");
  }
  if (!isObject(value))
    throw wrongUsage("the arguments on stdin are no JSON object", 'write it like {"key": 1}');
  return notTooDeep(value);
}

/** A shell's pipe or file ends by itself; a socket from another program's spawn may stay open for ever. */
function stdinKind({ io: { stdin } }: Command): "pipe" | "socket" | "none" {
  if (stdin.isTTY) return "none";
  if (stdin.fd === undefined) return "pipe";
  try {
    const stat = fstatSync(stdin.fd);
    if (stat.isFIFO() || stat.isFile()) return "pipe";
    return stat.isSocket() ? "socket" : "none";
  } catch {
    return "none";
  }
}

function startsSoon({ io: { stdin } }: Command): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (started: boolean) => {
      clearTimeout(timer);
      stdin.off("readable", readable).off("end", readable);
      if (!started) stdin.pause();
      resolve(started);
    };
    const readable = () => finish(true);
    const timer = setTimeout(() => finish(false), FIRST_BYTE_MS);
    stdin.on("readable", readable).on("end", readable);
  });
}
