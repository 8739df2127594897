// One call as it is written down: who asked for what, when, and what came of it.
import { withoutUrlSecrets } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { shortened } from "../../plain-text.ts";

/** Never within, unless the user asked for them: arguments and results. */
export interface AuditEntry {
  /** When the call began. */
  atMs: number;
  /** `@svc`; null where none is saved. */
  profile: string | null;
  server: string;
  /** `bridge`, `serve`, or the command. */
  verb: string;
  pid: number;
  /** The program that started this one. */
  host: string | null;
  /** What the MCP client calls itself. */
  client: string | null;
  method: string;
  /** The tool or prompt; null for a resource, whose address is an argument. */
  tool: string | null;
  outcome: string;
  error: string | null;
  durationMs: number;
  requestBytes: number;
  responseBytes: number | null;
  /** As the client wrote it. */
  requestId: unknown;
  traceId: string | null;
  arguments?: unknown;
  result?: unknown;
}

/** Foreign names are cut: a line stays one that a single write takes. */
const LONGEST_NAME = 200;
/** A member with more JSON than that is left out, and its size is said, in characters. */
const LONGEST_CONTENT = 64 * 1024;

/** The entry as a line of JSON, without its newline. */
export function lineOf(entry: AuditEntry): string {
  const line: JsonObject = {
    time: new Date(entry.atMs).toISOString(),
    profile: entry.profile,
    server: withoutUrlSecrets(entry.server),
    verb: entry.verb,
    pid: entry.pid,
    host: short(entry.host),
    client: short(entry.client),
    method: short(entry.method),
    tool: short(entry.tool),
    outcome: entry.outcome,
    error: entry.error,
    duration_ms: Math.round(entry.durationMs * 10) / 10,
    request_bytes: entry.requestBytes,
    response_bytes: entry.responseBytes,
    request_id: typeof entry.requestId === "string" ? short(entry.requestId) : entry.requestId,
    trace_id: entry.traceId,
    ...content("arguments", entry.arguments),
    ...content("result", entry.result),
  };
  return escaped(JSON.stringify(line));
}

const short = (name: string | null) => name && shortened(name, LONGEST_NAME);

function content(name: "arguments" | "result", value: unknown): JsonObject {
  if (value === undefined) return {};
  const { length } = JSON.stringify(value) ?? "";
  return length <= LONGEST_CONTENT ? { [name]: value } : { [`${name}_left_out`]: `${length} characters` };
}

/** Nothing in it steers the terminal of whoever reads the file. */
const escaped = (json: string) =>
  json.replace(
    /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
