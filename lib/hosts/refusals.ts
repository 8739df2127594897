import type { M2mcpError } from "../failure.ts";
import { isObject, type JsonObject } from "../json.ts";
import type { ResponseMessage, RpcError } from "../mcp/jsonrpc/message.ts";
import { type ErrorAnswer, supportedVersions } from "../mcp/protocol/answer.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { inputNeeded, noCommonVersion, serverError, visitNeeded } from "../mcp/protocol/errors.ts";
import {
  LEGACY_VERSIONS,
  MISSING_CAPABILITY,
  MODERN_VERSIONS,
  UNSUPPORTED_VERSION,
  URL_REQUIRED,
} from "../mcp/protocol/versions.ts";
import { unexpectedStatus } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";

/** What a refused request means to a one-off command. */
export const failureOf = (endpoint: Endpoint, { status, error }: ErrorAnswer): M2mcpError =>
  error ? errorOf(endpoint, error) : unexpectedStatus(hostOf(endpoint.url), status);

/** What a server's JSON-RPC error means to a one-off command, which can neither give input nor visit addresses. */
export function errorOf(endpoint: Endpoint, error: RpcError): M2mcpError {
  const { code, message, data } = error;
  if (code === UNSUPPORTED_VERSION)
    return noCommonVersion(
      endpoint.protocol ? [endpoint.protocol] : [...MODERN_VERSIONS, ...LEGACY_VERSIONS],
      supportedVersions(error),
    );
  if (code === MISSING_CAPABILITY && isObject(data) && isObject(data.requiredCapabilities))
    return inputNeeded(hostOf(endpoint.url), Object.keys(data.requiredCapabilities));
  const visits =
    code === URL_REQUIRED && isObject(data) && Array.isArray(data.elicitations) ? data.elicitations : [];
  const urls = visits.flatMap((visit) =>
    isObject(visit) && typeof visit.url === "string" ? [visit.url] : [],
  );
  return urls.length > 0 ? visitNeeded(hostOf(endpoint.url), urls) : serverError(code, message);
}

/** Whether a server wants no input, only the same request once more (MCP 2026-07-28 "Multi Round-Trip Requests"). */
export function wantsRetry(answer: ResponseMessage | ErrorAnswer): answer is ResponseMessage {
  if ("status" in answer || answer.result?.resultType !== "input_required") return false;
  return inputsOf(answer.result).length === 0 && "requestState" in answer.result;
}

/** The methods that a server asks in `input_required`. */
export const inputsOf = ({ inputRequests }: JsonObject): string[] =>
  Object.values(isObject(inputRequests) ? inputRequests : {}).map((input) =>
    isObject(input) && typeof input.method === "string" ? input.method : "something",
  );
