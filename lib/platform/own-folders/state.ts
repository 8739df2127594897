import { homeFolder, pathRules } from "./home.ts";

type Variables = Record<string, string | undefined>;

/** Where what happens is written down for people: nothing in it is needed, and nothing in it is secret. */
export interface StateFolders {
  /** A log for each bridge. */
  logs: string;
  /** A file for each bridge that runs. */
  running: string;
}

/**
 * The folders for logs and for what runs, where the operating system has them: `XDG_STATE_HOME` (XDG Base Directory
 * Specification), `~/Library` on macOS, `%LOCALAPPDATA%` on Windows.
 *
 * @param own the user's home, for who has no `HOME`
 * @returns null where there is no absolute path to them: then nothing is written down
 */
export function stateFolders(
  env: Variables,
  platform: string = process.platform,
  own?: () => string,
): StateFolders | null {
  const { join, absolute } = pathRules(platform);
  const home = homeFolder(env, platform, own);
  const inHome = (...parts: string[]) => (home === undefined ? undefined : join(home, ...parts));
  if (platform === "darwin") {
    const [logs, support] = [inHome("Library", "Logs"), inHome("Library", "Application Support")];
    return logs && support ? { logs: join(logs, "m2mcp"), running: join(support, "m2mcp", "running") } : null;
  }
  const state =
    platform === "win32"
      ? (absolute(env.LOCALAPPDATA) ?? inHome("AppData", "Local"))
      : (absolute(env.XDG_STATE_HOME) ?? inHome(".local", "state"));
  if (state === undefined) return null;
  return { logs: join(state, "m2mcp", "logs"), running: join(state, "m2mcp", "running") };
}
