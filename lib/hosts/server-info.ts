import { isObject, type JsonObject } from "../json.ts";

/** What a server says of itself. */
export interface ServerInfo {
  name: string;
  version: string;
  title?: string;
  instructions?: string;
  capabilities: JsonObject;
  protocolVersion: string;
}

/**
 * @param result of `initialize` or `server/discover`
 * @param info the implementation, which the two eras name in different places
 */
export function describeServer(result: JsonObject, info: unknown, protocolVersion: string): ServerInfo {
  const { name, version, title } = isObject(info) ? info : {};
  return {
    name: typeof name === "string" ? name : "unknown",
    version: typeof version === "string" ? version : "unknown",
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof result.instructions === "string" ? { instructions: result.instructions } : {}),
    capabilities: isObject(result.capabilities) ? result.capabilities : {},
    protocolVersion,
  };
}
