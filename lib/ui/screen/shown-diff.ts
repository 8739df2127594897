import { showControls } from "../../controls.ts";
import type { Screen } from "./screen.ts";
import { marked, type Role, type Shown, shown } from "./style.ts";

const ROLES: Record<string, Role> = { "+": "safe", "-": "danger", "@": "muted" };

/** A diff below its heading; lines of other programs' files steer no terminal, and have their tabs and line ends. */
export function shownDiff(title: string, diff: string, screen: Screen): Shown {
  const lines = diff.split("\n").map((line) => {
    const isHead = line.startsWith("--- ") || line.startsWith("+++ ");
    const [, text = "", end = ""] = /^(.*?)(\r?)$/s.exec(line) ?? [];
    return marked(showControls(text, "\t") + end, screen, isHead ? "muted" : ROLES[line[0] ?? ""]);
  });
  return [shown(title, screen, "heading"), ...lines].join("\n") as Shown;
}
