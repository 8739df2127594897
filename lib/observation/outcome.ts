import { isObject } from "../json.ts";
import { type Answer, errorIn, isToolError, toRpcError } from "../mcp/protocol/answer.ts";
import { Cancellation, Detachment } from "../mcp/protocol/transport.ts";

/** What a request came to, in few words. */
export interface Outcome {
  /**
   * `tool_error`: the tool says that it failed; `input_required`: the server asks first; `error`: the server refused;
   * `denied`: not sent, by a rule or a pin of the user's; `failed`: there was no answer.
   */
  kind: "ok" | "tool_error" | "input_required" | "error" | "denied" | "failed" | "cancelled";
  /** The JSON-RPC code, the HTTP status, or the code of a failure of our own. */
  error?: string;
}

/** What tools may be used for is decided before anything is sent. */
const DENIED = [
  "tool_denied",
  "tool_changed",
  "tool_new",
  "tool_not_listed",
  "tools_not_seen",
  "doubtful_request",
];

/** What an answer says. @param signal of its request: where nobody waits for it any more, it comes to nothing */
export function outcomeOf(answer: Answer, signal: AbortSignal): Outcome {
  if (signal.aborted) return outcomeOfFailure(signal.reason);
  const error = errorIn(answer);
  if (error) return { kind: "error", error: String(error.code) };
  if (answer.kind === "refused") return { kind: "error", error: String(answer.status) };
  const { result } = answer.message;
  if (isToolError(result)) return { kind: "tool_error" };
  return { kind: result?.resultType === "input_required" ? "input_required" : "ok" };
}

/** What a request without an answer came to. */
export function outcomeOfFailure(error: unknown): Outcome {
  if (error instanceof Detachment) return { kind: "cancelled" };
  // Whoever waited has given up: by themselves, or since it took too long.
  if (error instanceof Cancellation)
    return error.params.reason === "timeout" ? { kind: "failed", error: "timeout" } : { kind: "cancelled" };
  const { data } = toRpcError(error);
  const code = isObject(data) ? String(data.code) : "internal";
  return { kind: DENIED.includes(code) ? "denied" : "failed", error: code };
}
