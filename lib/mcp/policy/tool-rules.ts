import type { M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { objectOf } from "../../json.ts";
import { toolDenied } from "./errors.ts";

/** What a client may do with tools, and who said so. All rules hold together. */
export type ToolRule = (
  | { kind: "allow" | "deny"; patterns: readonly string[] }
  /** Only tools that say of themselves that they change nothing (MCP "ToolAnnotations": `readOnlyHint`). */
  | { kind: "read-only" }
) & {
  /** Where it stands, for a person: `--deny-tool`, `deny-tool of @svc`. */
  setBy: string;
  /** What changes it. */
  change: string;
};

/** Whether a name is meant by a pattern: `*` stands for any text, `?` for one character, all else for itself. */
export function isMeant(name: string, pattern: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  const letters = [...name];
  const wanted = [...pattern];
  for (let seen = 0; seen < letters.length; ) {
    if (wanted[at] === "*") {
      star = at++;
      resume = seen;
    } else if (at < wanted.length && (wanted[at] === "?" || wanted[at] === letters[seen])) {
      at++;
      seen++;
    } else if (star >= 0) {
      // The last star takes one more: never the square of what names hold.
      at = star + 1;
      seen = ++resume;
    } else return false;
  }
  while (wanted[at] === "*") at++;
  return at === wanted.length;
}

const folded = (text: string) => text.normalize("NFKC").trim().toLowerCase();

/** Why a tool may not be used, by its name alone; undefined where nothing speaks against it. */
export function deniedByName(rules: readonly ToolRule[], name: string): M2mcpError | undefined {
  const rule = rules.find((one) => {
    if (one.kind === "read-only") return false;
    if (one.kind === "allow") return !one.patterns.some((pattern) => isMeant(name, pattern));
    // Servers may take a name in other letters for the same tool.
    return one.patterns.some((pattern) => isMeant(folded(name), folded(pattern)));
  });
  return rule && toolDenied(name, rule);
}

/** The same by what the server says of it. */
export function deniedByHints(
  rules: readonly ToolRule[],
  name: string,
  tool: JsonObject,
): M2mcpError | undefined {
  const rule = rules.find(({ kind }) => kind === "read-only");
  return rule && objectOf(tool.annotations).readOnlyHint !== true ? toolDenied(name, rule) : undefined;
}
