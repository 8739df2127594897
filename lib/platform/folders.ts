import { homedir } from "node:os";
import { join } from "node:path";

/** The folder that holds the store: `M2MCP_HOME`, else where the operating system keeps settings. */
export function storeFolder(
  env: Record<string, string | undefined>,
  platform: string = process.platform,
): string {
  if (env.M2MCP_HOME) return env.M2MCP_HOME;
  const home = env.HOME || env.USERPROFILE || ownHome();
  if (platform === "win32") return join(env.APPDATA || join(home, "AppData", "Roaming"), "m2mcp");
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, "m2mcp");
  return platform === "darwin"
    ? join(home, "Library", "Application Support", "m2mcp")
    : join(home, ".config", "m2mcp");
}

/** Containers run with user ids that no list of users knows: they have the root folder as home. */
function ownHome(): string {
  try {
    return homedir();
  } catch {
    return "/";
  }
}
