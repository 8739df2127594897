import { relativeHome, unexpandedPath } from "../errors.ts";
import { homeFolder, pathRules } from "./home.ts";

type Variables = Record<string, string | undefined>;

/**
 * The folder that holds the store: `M2MCP_HOME`, else where the operating system keeps settings. Of the system's own
 * variables only absolute paths count (XDG Base Directory Specification): secrets must not end up below whatever folder
 * a host happens to start us in.
 *
 * @param own where the system says that this user's home is, for who has no `HOME`
 * @throws M2mcpError usage when `HOME` is wanted and relative, or `M2MCP_HOME` holds a `~` or a variable that nobody
 * has expanded
 */
export function storeFolder(env: Variables, platform: string = process.platform, own?: () => string): string {
  const { join, absolute } = pathRules(platform);
  if (env.M2MCP_HOME) {
    if (/^~(?:[\\/]|$)|^\$[\w(]|[$#]\{|\{\{|^\{\w+:|^%\w+%|^%\(|^["'<]/.test(env.M2MCP_HOME))
      throw unexpandedPath("M2MCP_HOME", env.M2MCP_HOME);
    return env.M2MCP_HOME;
  }
  const home = () => {
    const found = homeFolder(env, platform, own);
    if (found === undefined && env.HOME) throw relativeHome(env.HOME);
    // As of who is in no list of users.
    return found ?? "/";
  };
  if (platform === "win32") return join(absolute(env.APPDATA) ?? join(home(), "AppData", "Roaming"), "m2mcp");
  const settings = absolute(env.XDG_CONFIG_HOME);
  if (settings) return join(settings, "m2mcp");
  return platform === "darwin"
    ? join(home(), "Library", "Application Support", "m2mcp")
    : join(home(), ".config", "m2mcp");
}
