import { M2mcpError } from "../errors.ts";
import { isObject } from "../json.ts";
import type { Message, RequestMessage } from "./messages.ts";

/** Which calls may be sent again though the server may have acted on them. */
export interface Repeatable {
  /** Learns from a list of tools that passes by (MCP 2025-11-25 "ToolAnnotations"). */
  learn(message: Message): void;
  /** Whether the request may be sent once more after this failure. */
  allows(request: RequestMessage, failure: unknown): boolean;
}

/** Knows what the server's annotations say; before a list has passed by, nothing may be repeated. */
export function createRepeatable(): Repeatable {
  const tools = new Set<string>();
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
    allows: ({ method, params }, failure) =>
      method === "tools/call" &&
      typeof params.name === "string" &&
      tools.has(params.name) &&
      failure instanceof M2mcpError &&
      (failure.code === "stream_cut" || failure.code === "session_lost"),
  };
}
