// The MCP hosts that are known: where their files are, and what an entry of theirs looks like.
import { wrongUsage } from "../../failure.ts";
import type { Host } from "../host.ts";
import { CODEX, COPILOT, GEMINI, GOOSE, LM_STUDIO } from "./agents.ts";
import { CLAUDE_CODE, CLAUDE_DESKTOP } from "./claude.ts";
import { CURSOR, DEVIN, VSCODE, VSCODE_INSIDERS, WINDSURF, ZED } from "./editors.ts";

/** Every host that is known, in the order in which they are shown. */
export const HOSTS: readonly Host[] = [
  CLAUDE_DESKTOP,
  CLAUDE_CODE,
  CURSOR,
  VSCODE,
  VSCODE_INSIDERS,
  WINDSURF,
  DEVIN,
  ZED,
  GEMINI,
  CODEX,
  COPILOT,
  GOOSE,
  LM_STUDIO,
];

const plainWord = (text: string) => text.toLowerCase().replace(/[^a-z]/g, "");

/**
 * The host that a user names, by its id or its title, however it is spaced.
 *
 * @throws M2mcpError (exit 1) when none has this name
 */
export function hostNamed(text: string): Host {
  const wanted = plainWord(text);
  const found = HOSTS.find(({ id, title }) => plainWord(id) === wanted || plainWord(title) === wanted);
  if (!found) {
    const starts = HOSTS.filter(({ id }) => wanted.length > 2 && plainWord(id).startsWith(wanted));
    const near = starts.length > 0 ? `did you mean ${starts.map(({ id }) => id).join(" or ")}` : undefined;
    throw wrongUsage(
      `no host is called ${text}`,
      near ??
        `there are ${HOSTS.map(({ id }) => id).join(", ")}; --file names the file of one that is elsewhere`,
    );
  }
  return found;
}
