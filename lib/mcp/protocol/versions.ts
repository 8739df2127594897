import { EXIT, M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { METHOD_NOT_FOUND, type RequestMessage, type RpcError } from "../jsonrpc/message.ts";
import { type ErrorAnswer, supportedVersions } from "./answer.ts";
import type { ServerEra } from "./endpoint.ts";

export const MODERN_VERSION = "2026-07-28";
export const MODERN_VERSIONS: readonly string[] = [MODERN_VERSION];
export const LEGACY_VERSION = "2025-11-25";
export const LEGACY_VERSIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

export const HEADER_MISMATCH = -32020;
export const MISSING_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

/** Of 2025-11-25 only: the call needs a person to visit an address first. */
export const URL_REQUIRED = -32042;

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

const isModernError = (error: RpcError) =>
  error.code === HEADER_MISMATCH || error.code === MISSING_CAPABILITY || error.code === UNSUPPORTED_VERSION;

/** Statuses that tell of authorization, load or an outage, never of an era. */
const tellsNothing = (status: number) =>
  status >= 500 || [401, 403, 407, 408, 413, 425, 429].includes(status);

const known = (versions: readonly string[], among: readonly string[]) =>
  versions.some((version) => among.includes(version));

/**
 * The eras to ask after a legacy `initialize` was refused, likeliest first; none when the refusal is no verdict. A
 * modern server names itself by its error codes or does not know the method; a bare 400, 404 or 405 may be an HTTP+SSE
 * server (MCP 2025-11-25 "Backwards Compatibility"), or come from a gateway that misses the modern headers.
 */
export function erasAfterInitialize({ status, error }: ErrorAnswer): ServerEra[] {
  if (tellsNothing(status)) return [];
  const maybeSse = status === 400 || status === 404 || status === 405;
  if (!error) return maybeSse ? ["sse", "modern"] : [];
  const theirs = supportedVersions(error);
  if (theirs.length > 0) return known(theirs, MODERN_VERSIONS) ? ["modern"] : [];
  if (isModernError(error) || error.code === METHOD_NOT_FOUND) return ["modern"];
  if (status < 400) return [];
  return maybeSse ? ["modern", "sse"] : ["modern"];
}

/**
 * The eras to ask after a modern request was refused (MCP 2026-07-28 Streamable HTTP "Backward Compatibility"): a
 * recognized modern error is a modern server, unless all versions it names are legacy; 404 with "method not found" is
 * one too, but for `server/discover`, which each modern server has; any other 4xx is a legacy one.
 */
export function erasAfterModern({ status, error }: ErrorAnswer, method: string): ServerEra[] {
  if (tellsNothing(status)) return [];
  const probed = method === "server/discover";
  if (error && isModernError(error)) {
    const theirs = supportedVersions(error);
    return known(theirs, LEGACY_VERSIONS) && !known(theirs, MODERN_VERSIONS) ? ["legacy"] : [];
  }
  if (status < 400) return error && probed ? ["legacy"] : [];
  if (error?.code === METHOD_NOT_FOUND && !probed) return [];
  return ["legacy"];
}

/** What is wrong with the answer of a server that may not know `server/discover`; undefined when it is a modern one. */
export const undiscovered = (result: JsonObject | undefined): RpcError | undefined =>
  Array.isArray(result?.supportedVersions)
    ? undefined
    : { code: METHOD_NOT_FOUND, message: "the answer to server/discover names no versions" };

/** The eras to ask after the GET of HTTP+SSE (MCP 2024-11-05) was refused or opened no such stream. */
export const erasAfterStream = (status: number): ServerEra[] =>
  tellsNothing(status) ? [] : ["legacy", "modern"];

/** Whether a server opened no stream of HTTP+SSE, so is no such server; a failure of the network tells nothing. */
export const isNoStream = (era: ServerEra, error: unknown): error is M2mcpError =>
  era === "sse" && error instanceof M2mcpError && error.exitCode === EXIT.server;

/** The eras to ask after an opening was refused, or opened no stream. */
export function erasAfterOpening(era: ServerEra, refusal: ErrorAnswer | M2mcpError): ServerEra[] {
  if (refusal instanceof M2mcpError) return erasAfterStream(200);
  if (era === "modern") return erasAfterModern(refusal, "server/discover");
  return era === "sse" && !refusal.error ? erasAfterStream(refusal.status) : erasAfterInitialize(refusal);
}

/** The eras to ask after a later request was refused, which may be for its own sake. */
export function erasAfterRefusal(era: ServerEra, failure: ErrorAnswer, method: string): ServerEra[] {
  if (era === "modern") return erasAfterModern(failure, method);
  if (era === "sse") return erasAfterStream(failure.status);
  return failure.error && isModernError(failure.error) ? erasAfterInitialize(failure) : [];
}

/** The eras that a pinned version leaves; 2024-11-05 to 2025-11-25 differ in transport only. */
export const erasOf = (version: string | undefined): readonly ServerEra[] =>
  version === undefined
    ? ["modern", "legacy", "sse"]
    : MODERN_VERSIONS.includes(version)
      ? ["modern"]
      : ["legacy", "sse"];
