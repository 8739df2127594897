import { M2mcpError } from "../../failure.ts";
import { isObject } from "../../json.ts";
import { sleep } from "../../timing/sleep.ts";
import type { Ids } from "../jsonrpc/id.ts";
import { type RequestMessage, type ResponseMessage, requestWithId, withId } from "../jsonrpc/message.ts";
import { type Answer, answered } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Call } from "./transport.ts";

/** Requests that only read: the server may do them twice (MCP "Tools", "Resources", "Prompts", "Completion", "Tasks"). */
const READS: readonly string[] = [
  "ping",
  "server/discover",
  "tools/list",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "tasks/list",
  "tasks/get",
];
/** Whether a method may be asked twice, whatever the server made of it. */
export const onlyReads = (method: string): boolean => READS.includes(method);

/** A process that closes its connections is given this long to be gone, in ms: it should not get the request again. */
const DYING_MS = 250;

/** Which calls may be sent again though the server may have acted on them. */
export interface Idempotent {
  /** Learns from a list of tools that passes by (MCP 2025-11-25 "ToolAnnotations"). */
  learn(list: ResponseMessage): void;
  /**
   * Makes a call, and once more where it broke off in time and may be made twice: under an id of our own, since no id is used
   * twice (MCP 2025-11-25 "Requests", MCP 2026-07-28 "Changelog").
   *
   * @param attempt sends the request
   * @throws what the last attempt throws
   */
  send(call: Call, attempt: (call: Call) => Promise<Answer>): Promise<Answer>;
}

/** Knows what the server's annotations say; before a list has passed by, no tool may be called twice. */
export function createIdempotent(
  { timeoutMs, log }: Pick<Endpoint, "timeoutMs" | "log">,
  ids: Ids,
): Idempotent {
  const tools = new Set<string>();
  const allows = ({ method, params }: RequestMessage) =>
    onlyReads(method) ||
    (method === "tools/call" && typeof params.name === "string" && tools.has(params.name));
  return {
    learn({ result }) {
      if (!Array.isArray(result?.tools)) return;
      for (const tool of result.tools) {
        if (!isObject(tool) || typeof tool.name !== "string") continue;
        const { readOnlyHint, idempotentHint } = isObject(tool.annotations) ? tool.annotations : {};
        if (readOnlyHint === true || idempotentHint === true) tools.add(tool.name);
        else tools.delete(tool.name);
      }
    },
    send(call, attempt) {
      const startedMs = performance.now();
      return attempt(call).catch(async (error: unknown) => {
        const inTime = performance.now() - startedMs < timeoutMs;
        if (call.signal.aborted || !inTime || !brokeOff(error) || !allows(call.message)) throw error;
        log(`${call.message.method} broke off: sending it again, since it may be made twice`);
        await sleep(DYING_MS, call.signal);
        // Nobody else may go on with its stream: the answer there bears our id.
        const { message, onEventId: _, ...rest } = call;
        const again = await attempt({ ...rest, message: requestWithId(message, ids.next()) });
        return again.kind === "response" ? answered(withId(again.message, message.id)) : again;
      });
    },
  };
}

const brokeOff = (error: unknown) =>
  error instanceof M2mcpError && (error.code === "stream_cut" || error.code === "session_lost");
