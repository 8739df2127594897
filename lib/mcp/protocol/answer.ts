import { M2mcpError, ownErrorCode } from "../../failure.ts";
import { isObject, type JsonObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import type { Id } from "../jsonrpc/id.ts";
import {
  INTERNAL_ERROR,
  isTooDeep,
  type ResponseMessage,
  type RpcError,
  TOO_DEEP,
} from "../jsonrpc/message.ts";

/** What a request came to: the server's JSON-RPC response, or an HTTP status in its place. */
export type Answer = { kind: "response"; message: ResponseMessage } | Refused;

/** What a non-2xx response says: the server's own JSON-RPC error where the body is one, else its words. */
export interface Refused {
  kind: "refused";
  status: number;
  error?: RpcError;
  /** Whose error it is; null where the server did not say. */
  id?: Id | null;
  /** What the body says, in one line, where it is no JSON-RPC error. */
  words?: string;
  /** The request itself was not sent: what it needs first was refused. */
  isUnsent?: true;
}

/** A refusal that stands in the place of an answer. */
export const refused = (status: number, error?: RpcError, id?: Id | null): Refused => ({
  kind: "refused",
  status,
  ...(error ? { error } : {}),
  ...(id === undefined ? {} : { id }),
});

/** A response as an answer: a result, or an error of status 200. */
export const answered = (message: ResponseMessage): Answer => ({ kind: "response", message });

/** The JSON-RPC error in an answer of either kind. */
export const errorIn = (answer: Answer): RpcError | undefined =>
  answer.kind === "response" ? answer.message.error : answer.error;

/** Whether a tool's result says that the tool failed (MCP 2025-11-25 Tools "Error Handling"); some write `true` as a text. */
export const isToolError = (result: JsonObject | undefined): boolean =>
  result?.isError === true || result?.isError === "true";

/** An answer as a refusal, for those who judge it by its error. */
export const asRefused = (answer: Answer): Refused =>
  answer.kind === "refused" ? answer : refused(200, answer.message.error, answer.message.id);

/** The error a JSON-RPC client gets for a failed HTTP answer: the server's own, else one that names the status. */
export const rpcErrorOf = (answer: Refused, url: string): RpcError =>
  answer.error ?? toRpcError(unexpectedStatus(hostOf(url), answer.status, answer.words));

/** An answer of either kind as a client reads it: an error, or the response with the result. */
export type ResultOrError = { kind: "error"; error: RpcError } | { kind: "result"; message: ResponseMessage };

/** @param url of the server, for what is told of a refusal */
export function resultOrErrorIn(answer: Answer, url: string): ResultOrError {
  if (answer.kind === "refused") return { kind: "error", error: rpcErrorOf(answer, url) };
  const { message } = answer;
  return message.error ? { kind: "error", error: message.error } : { kind: "result", message };
}

/**
 * A failure as the JSON-RPC error a person can act on; `data.source` says that it is not the server speaking.
 */
export function toRpcError(error: unknown): RpcError {
  if (isTooDeep(error)) return TOO_DEEP;
  if (!(error instanceof M2mcpError))
    return {
      code: INTERNAL_ERROR,
      message: "internal error in the bridge",
      data: { source: "m2mcp", code: "internal" },
    };
  return {
    code: ownErrorCode(error.exitCode),
    message: error.hint ? `${error.message}; ${error.hint}` : error.message,
    data: { source: "m2mcp", code: error.code, ...(error.hint ? { hint: error.hint } : {}) },
  };
}

/** The versions that an error about versions names in `data.supported` (MCP 2026-07-28 UnsupportedProtocolVersionError). */
export function supportedVersions({ data }: RpcError): string[] {
  const supported = isObject(data) ? data.supported : undefined;
  return Array.isArray(supported) ? supported.filter((version) => typeof version === "string") : [];
}
