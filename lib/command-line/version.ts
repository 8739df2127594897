import manifest from "../../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
/** How this program names itself to MCP servers. */
export const CLIENT_INFO = { name: "m2mcp", version: VERSION };
/** `User-Agent` of every request. */
export const USER_AGENT = `${CLIENT_INFO.name}/${VERSION}`;
