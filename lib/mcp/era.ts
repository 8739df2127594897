import { type ErrorAnswer, supportedVersions } from "./answers.ts";
import { METHOD_NOT_FOUND, type RequestMessage, type RpcError } from "./messages.ts";

export const MODERN_VERSION = "2026-07-28";
export const MODERN_VERSIONS: readonly string[] = [MODERN_VERSION];
export const LEGACY_VERSION = "2025-11-25";
export const LEGACY_VERSIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

export const HEADER_MISMATCH = -32020;
export const MISSING_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

export const META_VERSION = "io.modelcontextprotocol/protocolVersion";
export const META_CLIENT = "io.modelcontextprotocol/clientInfo";
export const META_CAPABILITIES = "io.modelcontextprotocol/clientCapabilities";
export const META_LOG_LEVEL = "io.modelcontextprotocol/logLevel";
export const META_SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";
export const META_SERVER = "io.modelcontextprotocol/serverInfo";

/** Which era a stdio client speaks, by its first request (MCP 2026-07-28 "Versioning"). */
export function clientEra(request: RequestMessage): "modern" | "legacy" {
  if (request.method === "server/discover") return "modern";
  const meta = request.params._meta;
  return typeof meta === "object" && meta !== null && META_VERSION in meta ? "modern" : "legacy";
}

/** What an answer says of the server's era; `unknown` is no verdict (an outage, a refusal, a timeout). */
export type Verdict = "modern" | "legacy" | "maybe-sse" | "unknown";

const isModernError = (error: RpcError) =>
  error.code === HEADER_MISMATCH || error.code === MISSING_CAPABILITY || error.code === UNSUPPORTED_VERSION;

/**
 * The verdict from a failed answer to a legacy `initialize`: a modern server names itself by its error codes or
 * does not know the method; 400, 404 and 405 without one may be an HTTP+SSE server (MCP 2025-11-25 "Backwards
 * Compatibility").
 */
export function judgeInitialize({ status, error }: ErrorAnswer): Verdict {
  if (error) {
    if (isModernError(error) || error.code === METHOD_NOT_FOUND) return "modern";
    return supportedVersions(error).some((version) => MODERN_VERSIONS.includes(version))
      ? "modern"
      : "unknown";
  }
  return status === 400 || status === 404 || status === 405 ? "maybe-sse" : "unknown";
}

/**
 * The verdict from a failed answer to a modern request (MCP 2026-07-28 Streamable HTTP "Backward Compatibility"):
 * a recognized modern error, or 404 with "method not found", is a modern server; other 4xx are a legacy one. 401,
 * 403, 408, 429 and 5xx are never a verdict.
 */
export function judgeModern({ status, error }: ErrorAnswer): Verdict {
  if (error && isModernError(error)) return "modern";
  if (status === 404 && error?.code === METHOD_NOT_FOUND) return "modern";
  if (status === 200) return error ? "unknown" : "modern";
  if (status >= 400 && status < 500 && ![401, 403, 408, 413, 429].includes(status)) return "legacy";
  return "unknown";
}
