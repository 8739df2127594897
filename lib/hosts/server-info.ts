import { type JsonObject, objectOf } from "../json.ts";
import { META_SERVER } from "../mcp/protocol/meta.ts";
import { MODERN_VERSION } from "../mcp/protocol/versions.ts";

/** What a server says of itself. */
export interface ServerInfo {
  name: string;
  version: string;
  title?: string;
  instructions?: string;
  capabilities: JsonObject;
  protocolVersion: string;
}

/** @param result of `initialize` or `server/discover`, which name the implementation in different places */
export function describeServer(result: JsonObject): ServerInfo {
  const info = objectOf(result._meta)[META_SERVER] ?? result.serverInfo;
  const { name, version, title } = objectOf(info);
  return {
    name: typeof name === "string" ? name : "unknown",
    version: typeof version === "string" ? version : "unknown",
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof result.instructions === "string" ? { instructions: result.instructions } : {}),
    capabilities: objectOf(result.capabilities),
    protocolVersion: typeof result.protocolVersion === "string" ? result.protocolVersion : MODERN_VERSION,
  };
}
