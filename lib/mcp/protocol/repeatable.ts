import { M2mcpError } from "../../failure.ts";
import { isObject } from "../../json.ts";
import type { Message, RequestMessage } from "../jsonrpc/message.ts";
import type { Endpoint } from "./endpoint.ts";

/** Which calls may be sent again though the server may have acted on them. */
export interface Repeatable {
  /** Learns from a list of tools that passes by (MCP 2025-11-25 "ToolAnnotations"). */
  learn(message: Message): void;
  /**
   * Makes a call, and once more where it broke off in time and the tool may be called twice.
   *
   * @param attempt sends the request; told whether it is `again`
   * @param isOver whether the call has ended otherwise: it was answered, or nobody waits for it
   * @throws what the last attempt throws
   */
  send<T>(
    request: RequestMessage,
    attempt: (again: boolean) => Promise<T>,
    isOver: () => boolean,
  ): Promise<T>;
}

/** Knows what the server's annotations say; before a list has passed by, nothing may be repeated. */
export function createRepeatable({ timeoutMs, log }: Pick<Endpoint, "timeoutMs" | "log">): Repeatable {
  const tools = new Set<string>();
  const allows = ({ method, params }: RequestMessage, failure: unknown) =>
    method === "tools/call" &&
    typeof params.name === "string" &&
    tools.has(params.name) &&
    failure instanceof M2mcpError &&
    (failure.code === "stream_cut" || failure.code === "session_lost");
  return {
    learn(message) {
      const listed = message.kind === "response" ? message.result?.tools : undefined;
      if (!Array.isArray(listed)) return;
      for (const tool of listed) {
        if (!isObject(tool) || typeof tool.name !== "string") continue;
        const { readOnlyHint, idempotentHint } = isObject(tool.annotations) ? tool.annotations : {};
        if (readOnlyHint === true || idempotentHint === true) tools.add(tool.name);
        else tools.delete(tool.name);
      }
    },
    async send(request, attempt, isOver) {
      const startedMs = performance.now();
      try {
        return await attempt(false);
      } catch (error) {
        const inTime = performance.now() - startedMs < timeoutMs;
        if (isOver() || !inTime || !allows(request, error)) throw error;
        log("the call broke off: sending it again, since its tool may be called twice");
        return attempt(true);
      }
    },
  };
}
