import type { Screen } from "./screen.ts";
import { type Role, type Shown, shown } from "./style.ts";

const ROLES: Record<string, Role> = { "+": "safe", "-": "danger", "@": "muted" };

/** A diff below its heading; lines of other programs' files steer no terminal. */
export function shownDiff(title: string, diff: string, screen: Screen): Shown {
  const lines = diff.split("\n").map((line) => {
    const isHead = line.startsWith("--- ") || line.startsWith("+++ ");
    return shown(line.replaceAll("\t", "  "), screen, isHead ? "muted" : ROLES[line[0] ?? ""]);
  });
  return [shown(title, screen, "heading"), ...lines].join("\n") as Shown;
}
