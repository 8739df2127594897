import { isUnexpanded } from "../../plain-text.ts";
import { wholePath } from "../../platform/own-folders/home.ts";

/**
 * `M2MCP_LOG`: the file that a bridge's log shall be.
 *
 * @returns null for no log at all, undefined for one of its own in the folder for logs
 */
export function chosenLog(env: Record<string, string | undefined>, cwd: string): string | null | undefined {
  const text = (env.M2MCP_LOG ?? "").trim();
  if (/^(off|no|none|false|0)$/i.test(text)) return null;
  // What a host did not expand names no file: the log is then where one looks for it.
  if (text === "" || /^(on|yes|true|1)$/i.test(text) || isUnexpanded(text)) return undefined;
  return wholePath(text, cwd, env);
}
