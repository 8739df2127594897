// The words of this field, as the MCP specification, the RFCs and the official SDKs have them, and none of the house's
// own in their place. A word that is found here has a right one beside it.
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..");

/** In names of files, in code, in comments and in documents; as a whole word, or as one within a name. */
const ANYWHERE: Record<string, string> = {
  "road|roads": "transport",
  "conversation|conversations": "connection",
  "opener|openers": "probe",
  "held-calls?|heldcalls?|held calls?": "multi round-trip request",
  "wish|wishes|wished": "session settings, token request reason",
  unasked: "standalone SSE stream",
  "ledger|ledgers": "pending requests",
  slots: "semaphore",
  surroundings: "io",
  litter: "stale files",
  "relieve|relief": "gc hint",
  forgo: "pending requests: settle",
  rereading: "lazy member",
  passtotheend: "resume",
  harmless: "strip control characters",
  withoutecho: "redact",
  "sweep|swept": "prune",
  judgetoken: "freshness",
  unaddressed: "error without id",
  goon: "retry",
  turnto: "switch era",
  finder: "negotiation",
};

/** In names alone: in prose they are words like others. */
const NAMES: Record<string, string> = {
  silence: "idle timeout",
  insisted: "pin",
  patience: "negotiation cooldown",
  around: "io",
  aging: "stale",
  owes: "pending requests",
  adopt: "bound token",
  light: "lazy member",
  prove: "trial login",
  nearest: "suggest",
};

/** In names of the core alone: a key or a file may have its opening elsewhere. */
const CORE_NAMES: Record<string, string> = { "opening|openings": "probe, first request" };

/** Names of types begin with a capital, which tells this one from a way that somebody goes. */
const TYPE_WAY = /\bWAYS?\b|\bWay\b(?![ ,.])/;

const files = [
  "cli.ts",
  ...readdirSync(ROOT).filter((path) => path.endsWith(".md")),
  ...["lib", "tests", "docs"]
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) =>
        join(folder, path),
      ),
    ),
].filter((path) => /\.(ts|mjs|md)$/.test(path) && !path.endsWith("words.test.ts"));

/** A text without comments and literals; what is put into a template stays. */
const codeOf = (text: string) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, " ")
    .replace(/(^|[^:"'`])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""')
    .replace(/`(?:[^`\\]|\\.)*`/g, (template) => (template.match(/\$\{[^}]*\}/g) ?? []).join(" "));

/** A name in its parts: `heldCalls` and `held-calls` are `held-calls`. */
const inParts = (text: string) => text.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();

/** The words that a file has, each with the right one. */
function wordsIn(path: string): Map<string, string> {
  const text = readFileSync(join(ROOT, path), "utf8");
  const isCode = !path.endsWith(".md");
  const found = new Map<string, string>();
  const look = (within: string, words: Record<string, string>) => {
    for (const [word, right] of Object.entries(words))
      if (new RegExp(`(?<![a-z])(?:${word})(?![a-z])`).test(within)) found.set(word, right);
  };
  const all = `${path}\n${text}`;
  look(inParts(all), ANYWHERE);
  look(all.toLowerCase(), ANYWHERE);
  const names = inParts(`${path.slice(path.lastIndexOf("/") + 1)}\n${codeOf(text)}`);
  if (isCode) look(names, NAMES);
  if (/^lib\/(mcp|hosts)\//.test(path)) look(names, CORE_NAMES);
  if (isCode && TYPE_WAY.test(codeOf(text))) found.set("Way", "connection");
  return found;
}

test("no word of the house stands where the field has one", () => {
  const wrong: string[] = [];
  for (const path of files)
    for (const [word, right] of wordsIn(path)) wrong.push(`${path}: ${word}, say ${right}`);
  expect(wrong.sort()).toEqual([]);
});
