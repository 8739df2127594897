// What several servers say of themselves, as one.
import { type JsonObject, objectOf } from "../../../json.ts";
import { joinedCapabilities } from "../../protocol/capabilities.ts";
import { META_SERVER } from "../../protocol/meta.ts";
import { LEGACY_VERSION, LEGACY_VERSIONS, MODERN_VERSIONS } from "../../protocol/versions.ts";

/** What one server answered to `initialize` or `server/discover`. */
export interface Offer {
  server: string;
  result: JsonObject;
}

/** Lists that change where a server goes away or comes back. */
const LISTED = ["tools", "prompts", "resources"] as const;

/**
 * Capabilities of all servers together. That lists change is offered for each list that there is: servers come and go.
 *
 * @param isWhole false where servers are missing: then there may be more than is known
 */
function mergedCapabilities(offers: readonly Offer[], isWhole: boolean): JsonObject {
  const merged = offers.reduce<JsonObject>(
    (all, { result }) => joinedCapabilities(all, objectOf(result.capabilities)),
    {},
  );
  for (const list of LISTED)
    if (list in merged || !isWhole) merged[list] = { ...objectOf(merged[list]), listChanged: true };
  return merged;
}

/** Instructions of each server below its name; undefined where none has any. */
function mergedInstructions(offers: readonly Offer[]): string | undefined {
  const parts = offers.flatMap(({ server, result: { instructions } }) =>
    typeof instructions === "string" && instructions.trim() !== ""
      ? [`# ${server}\n\n${instructions.trim()}`]
      : [],
  );
  return parts.length === 0 ? undefined : parts.join("\n\n");
}

/** Who answers for all of them. */
export interface Answerer {
  /** The names of the servers, all of them. */
  servers: readonly string[];
  /** This program's version. */
  version: string;
}

const infoOf = ({ servers, version }: Answerer): JsonObject => ({
  name: "m2mcp",
  title: servers.join(", "),
  version,
});

/** The one answer to a legacy client's `initialize`. @param requested the version that the client asked for */
export function initializeOf(offers: readonly Offer[], requested: unknown, answerer: Answerer): JsonObject {
  const instructions = mergedInstructions(offers);
  return {
    protocolVersion: agreedVersion(
      offers.map(({ result }) => result.protocolVersion),
      requested,
    ),
    capabilities: mergedCapabilities(offers, offers.length === answerer.servers.length),
    serverInfo: infoOf(answerer),
    ...(instructions === undefined ? {} : { instructions }),
  };
}

/** What the client asked for, where any server agreed to it; each server goes on in its own. Else the earliest. */
function agreedVersion(agreed: readonly unknown[], requested: unknown): string {
  if (typeof requested === "string" && agreed.includes(requested)) return requested;
  const known = LEGACY_VERSIONS.filter((version) => agreed.includes(version));
  return known.at(-1) ?? LEGACY_VERSION;
}

/** The one answer to a modern client's `server/discover`. It may be kept no longer than each of them. */
export function discoverOf(offers: readonly Offer[], answerer: Answerer): JsonObject {
  const instructions = mergedInstructions(offers);
  const isWhole = offers.length === answerer.servers.length;
  return {
    resultType: "complete",
    supportedVersions: MODERN_VERSIONS,
    capabilities: mergedCapabilities(offers, isWhole),
    ...(instructions === undefined ? {} : { instructions }),
    ...(isWhole ? cacheHints(offers.map(({ result }) => result)) : { ttlMs: 0, cacheScope: "private" }),
    _meta: { [META_SERVER]: infoOf(answerer) },
  };
}

/** How long what several results make together may be kept, and by whom (MCP 2026-07-28 "Caching"). */
export function cacheHints(results: readonly JsonObject[]): JsonObject {
  const times = results.map(({ ttlMs }) => (typeof ttlMs === "number" ? ttlMs : 0));
  const isPublic = results.length > 0 && results.every(({ cacheScope }) => cacheScope === "public");
  return { ttlMs: times.length === 0 ? 0 : Math.min(...times), cacheScope: isPublic ? "public" : "private" };
}
