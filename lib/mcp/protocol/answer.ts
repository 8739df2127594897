import { M2mcpError } from "../../failure.ts";
import { isObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import type { Id, RpcError } from "../jsonrpc/message.ts";

/** First code of the errors that the bridge itself answers with; the exit code is subtracted (see README). */
const OWN_ERRORS = -31000;

/** What a non-2xx response says: the server's own JSON-RPC error where the body is one. */
export interface ErrorAnswer {
  status: number;
  error?: RpcError;
  /** Whose error it is; null where the server did not say. */
  id?: Id | null;
  /** What the server says of it in whatever form, as one line; absent where it says nothing. */
  words?: string;
}

/** The error a JSON-RPC client gets for a failed HTTP answer: the server's own, else one that names the status. */
export const rpcErrorOf = (answer: ErrorAnswer, url: string): RpcError =>
  answer.error ?? toRpcError(unexpectedStatus(hostOf(url), answer.status, answer.words));

/**
 * A failure as the JSON-RPC error a person can act on. Codes lie outside the range JSON-RPC reserves, as
 * MCP 2026-07-28 "Error Codes" asks of local errors; `data.source` says that it is not the server speaking.
 */
export function toRpcError(error: unknown): RpcError {
  if (!(error instanceof M2mcpError))
    return {
      code: -32603,
      message: "internal error in the bridge",
      data: { source: "m2mcp", code: "internal" },
    };
  return {
    code: OWN_ERRORS - error.exitCode,
    message: error.hint ? `${error.message}; ${error.hint}` : error.message,
    data: { source: "m2mcp", code: error.code, ...(error.hint ? { hint: error.hint } : {}) },
  };
}

/** The JSON-RPC error's `data.supported` versions (MCP 2026-07-28 UnsupportedProtocolVersionError). */
export function supportedVersions(error: RpcError): string[] {
  const supported = isObject(error.data) ? error.data.supported : undefined;
  return Array.isArray(supported) ? supported.filter((version) => typeof version === "string") : [];
}
