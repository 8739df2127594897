import type { M2mcpError } from "../failure.ts";
import { isObject } from "../json.ts";
import type { RpcError } from "../mcp/jsonrpc/message.ts";
import { type Answer, errorIn, supportedVersions } from "../mcp/protocol/answer.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { inputNeeded, noCommonVersion, serverError, visitNeeded } from "../mcp/protocol/errors.ts";
import { MISSING_CAPABILITY, oursOf, UNSUPPORTED_VERSION } from "../mcp/protocol/versions.ts";
import { visitUrls } from "../mcp/translate/url-visits.ts";
import { unexpectedStatus } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";

/** What an answer without a result means to a one-off command; undefined where there is a result. */
export function failureOf(endpoint: Endpoint, answer: Answer): M2mcpError | undefined {
  const error = errorIn(answer);
  if (error) return errorFailure(endpoint, error);
  return answer.kind === "refused"
    ? unexpectedStatus(hostOf(endpoint.url), answer.status, answer.words)
    : undefined;
}

/** What a server's JSON-RPC error means to a one-off command, which can neither give input nor visit addresses. */
export function errorFailure(endpoint: Endpoint, error: RpcError): M2mcpError {
  const { code, data } = error;
  if (code === UNSUPPORTED_VERSION)
    return noCommonVersion(oursOf(endpoint.protocol), supportedVersions(error));
  if (code === MISSING_CAPABILITY && isObject(data) && isObject(data.requiredCapabilities))
    return inputNeeded(hostOf(endpoint.url), Object.keys(data.requiredCapabilities));
  const urls = visitUrls(error);
  return urls.length > 0
    ? visitNeeded(hostOf(endpoint.url), urls)
    : serverError(withoutSecrets(endpoint, error));
}

/** Some servers repeat what they refuse: the message without it, and no data that does. */
function withoutSecrets({ authorization }: Endpoint, { code, message, data }: RpcError): RpcError {
  const redact = (text: string) => authorization.redact?.(text) ?? text;
  const text = textOf(data);
  return { code, message: redact(message), ...(text && redact(text) === text ? { data } : {}) };
}

/** A value as JSON; none where there is none, or it is nested too deep. */
function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
