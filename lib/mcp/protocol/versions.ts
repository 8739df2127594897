import type { RequestMessage } from "../jsonrpc/message.ts";
import type { ServerEra } from "./endpoint.ts";
import { META_VERSION, metaOf } from "./meta.ts";

export const MODERN_VERSION = "2026-07-28";
export const MODERN_VERSIONS: readonly string[] = [MODERN_VERSION];
export const LEGACY_VERSION = "2025-11-25";
export const LEGACY_VERSIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

export const HEADER_MISMATCH = -32020;
export const MISSING_CAPABILITY = -32021;
export const UNSUPPORTED_VERSION = -32022;

/** Of 2025-11-25 only: the call needs a person to visit an address first. */
export const URL_REQUIRED = -32042;

/** Which era a stdio client speaks, by its first request (MCP 2026-07-28 "Versioning"). */
export const clientEra = (request: RequestMessage): "modern" | "legacy" =>
  request.method === "server/discover" || META_VERSION in metaOf(request) ? "modern" : "legacy";

/** Whether a client begins as a legacy one; a request of that name in the modern era is none, and no method of that era. */
export const isHandshake = (request: RequestMessage): boolean =>
  request.method === "initialize" && clientEra(request) === "legacy";

/** The eras that a pinned version leaves; 2024-11-05 to 2025-11-25 differ in transport only. */
export const erasOf = (version: string | undefined): readonly ServerEra[] =>
  version === undefined
    ? ["modern", "legacy", "sse"]
    : MODERN_VERSIONS.includes(version)
      ? ["modern"]
      : ["legacy", "sse"];

/** The versions that may be spoken: all that are known here, or the one that the user insists on. */
export const oursOf = (version: string | undefined): readonly string[] =>
  version === undefined ? [...MODERN_VERSIONS, ...LEGACY_VERSIONS] : [version];

/** The version that has batches (MCP 2025-03-26 "Batching"). */
export const WITH_BATCHES = "2025-03-26";
