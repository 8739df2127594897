import { type JsonObject, objectOf } from "../../json.ts";
import type { Role } from "../screen/style.ts";

/** What a tool does to the world, in a word; with a question mark where the server does not say. */
export interface Effect {
  readonly word: "read-only" | "adds only" | "destructive" | "destructive?";
  readonly role: Role;
}

/**
 * By a tool's annotations and what they mean where they are left out (MCP 2025-11-25 "ToolAnnotations"): it is not
 * read-only, and then may destroy. They are the server's own words, and hints.
 */
export function effectOf(tool: JsonObject): Effect {
  const { readOnlyHint, destructiveHint } = objectOf(tool.annotations);
  if (readOnlyHint === true) return { word: "read-only", role: "safe" };
  if (destructiveHint === false) return { word: "adds only", role: "muted" };
  return destructiveHint === true
    ? { word: "destructive", role: "danger" }
    : { word: "destructive?", role: "warning" };
}

/** The same as sentences, with what may be said of repeating it and of what it reaches. */
export function effectWords(tool: JsonObject): string[] {
  const { idempotentHint, openWorldHint } = objectOf(tool.annotations);
  const { word } = effectOf(tool);
  const said = {
    "read-only": "read-only: it changes nothing",
    "adds only": "changes things, but only by adding",
    destructive: "destructive: it may change or delete what is there",
    "destructive?": "may be destructive: the server does not say, so it may change or delete what is there",
  }[word];
  return [
    said,
    ...(word !== "read-only" && idempotentHint === true
      ? ["idempotent: the same call again changes no more"]
      : []),
    ...(openWorldHint === false ? ["closed world: it reaches nothing beyond the server"] : []),
  ];
}
