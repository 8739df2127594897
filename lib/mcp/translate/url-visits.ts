import { type JsonObject, objectOf, objectsIn } from "../../json.ts";
import type { RpcError } from "../jsonrpc/message.ts";
import { missingCapability } from "../protocol/capabilities.ts";
import { MISSING_CAPABILITY, URL_REQUIRED } from "../protocol/versions.ts";

/**
 * The visits to addresses that an error of a legacy server asks for (MCP 2025-11-25 URLElicitationRequiredError), as the
 * questions of an `input_required`; the error for a client that does not offer such visits; undefined for other errors.
 */
export function urlVisits(
  error: RpcError,
  capabilities: unknown,
): { inputRequests: JsonObject } | { error: RpcError } | undefined {
  const visits = visitsIn(error);
  if (visits.length === 0) return undefined;
  const method = "elicitation/create";
  const missing = missingCapability(capabilities, method, { mode: "url" });
  if (missing)
    return {
      error: { code: MISSING_CAPABILITY, message: error.message, data: { requiredCapabilities: missing } },
    };
  const asked = visits.map(({ message, url }, at) => [
    `visit-${at}`,
    { method, params: { mode: "url", message, url } },
  ]);
  return { inputRequests: Object.fromEntries(asked) };
}

/** The visits that an error asks for; none for other errors. */
export const visitsIn = (error: RpcError | undefined): JsonObject[] =>
  error?.code === URL_REQUIRED ? objectsIn(objectOf(error.data).elicitations) : [];

/** The addresses among them, for those who can only be told. */
export const visitUrls = (error: RpcError): string[] =>
  visitsIn(error).flatMap(({ url }) => (typeof url === "string" ? [url] : []));
