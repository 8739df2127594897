import { isObject } from "../../json.ts";
import type { Text } from "../../mcp/jsonrpc/bytes.ts";
import type { RequestMessage } from "../../mcp/jsonrpc/message.ts";
import type { Answer } from "../../mcp/protocol/answer.ts";
import { META_CLIENT, metaOf } from "../../mcp/protocol/meta.ts";
import type { Call, Transport } from "../../mcp/protocol/transport.ts";
import { type Outcome, outcomeOf, outcomeOfFailure } from "../outcome.ts";
import { traceIdOf } from "../trace-context.ts";
import { type AuditEntry, lineOf } from "./entry.ts";

/** What uses the server's data, and which of its params names what is used; an address is an argument. */
const AUDITED: Readonly<Record<string, "name" | null>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": null,
};

/** What is the same in each line of a process. */
export interface Audited extends Pick<AuditEntry, "profile" | "server" | "verb" | "pid" | "host"> {
  /** Whether arguments and results are written down too. */
  withArguments: boolean;
  /** Requests are our own: their ids say nothing to anybody. */
  isOwn: boolean;
  /** The trace of the environment, for what names none. */
  traceparent?: string | undefined;
  now(): number;
  /** Takes a line; never throws. */
  write(line: string): void;
}

/** A connection whose calls are written down, each once it has its answer, before who asked gets that. */
export function auditCalls(audited: Audited, connection: Transport, handshake?: RequestMessage): Transport {
  let client = handshake ? nameOf(handshake.params.clientInfo) : null;
  return {
    notify: (message) => connection.notify(message),
    respond: (message) => connection.respond(message),
    close: (how) => connection.close(how),
    request(call) {
      const { method, params } = call.message;
      if (method === "initialize") client = nameOf(params.clientInfo);
      return Object.hasOwn(AUDITED, method)
        ? writtenDown(audited, connection, call, client)
        : connection.request(call);
    },
  };
}

async function writtenDown(
  audited: Audited,
  connection: Transport,
  call: Call,
  client: string | null,
): Promise<Answer> {
  const began = { atMs: audited.now(), ms: performance.now() };
  const write = (outcome: Outcome, answer: Answer | undefined) =>
    audited.write(lineOf(entryOf(audited, call.message, client, began, outcome, answer)));
  try {
    const answer = await connection.request(call);
    write(outcomeOf(answer, call.signal), answer);
    return answer;
  } catch (error) {
    write(outcomeOfFailure(call.signal.aborted ? call.signal.reason : error), undefined);
    throw error;
  }
}

function entryOf(
  audited: Audited,
  message: RequestMessage,
  client: string | null,
  began: { atMs: number; ms: number },
  outcome: Outcome,
  answer: Answer | undefined,
): AuditEntry {
  const { method, params, id, text } = message;
  const { profile, server, verb, pid, host, withArguments, isOwn } = audited;
  const named = AUDITED[method];
  const meta = metaOf(message);
  const response = answer?.kind === "response" ? answer.message : undefined;
  return {
    atMs: began.atMs,
    profile,
    server,
    verb,
    pid,
    host,
    client: client ?? nameOf(meta[META_CLIENT]),
    method,
    tool: named && typeof params[named] === "string" ? params[named] : null,
    outcome: outcome.kind,
    error: outcome.error ?? null,
    durationMs: performance.now() - began.ms,
    requestBytes: bytesOf(text),
    responseBytes: response ? bytesOf(response.text) : null,
    requestId: isOwn ? crypto.randomUUID() : JSON.parse(id),
    traceId: traceIdOf(meta.traceparent) ?? traceIdOf(audited.traceparent) ?? null,
    ...(withArguments ? { arguments: argumentsOf(params), result: response?.result } : {}),
  };
}

/** What is asked with, without what only goes along with it. */
function argumentsOf({ _meta, name, ...rest }: RequestMessage["params"]): unknown {
  return "arguments" in rest ? rest.arguments : rest;
}

function nameOf(info: unknown): string | null {
  if (!isObject(info) || typeof info.name !== "string") return null;
  return typeof info.version === "string" ? `${info.name}/${info.version}` : info.name;
}

const bytesOf = (text: Text) => (typeof text === "string" ? Buffer.byteLength(text) : text.length);
