// Each command in the documents: blocks are run as they stand, in a home where @svc is logged in; what stands within
// sentences and recipes has commands and options that are there.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { chooseVerb } from "../../../lib/command-line/arguments/choose-verb.ts";
import { parseArguments } from "../../../lib/command-line/arguments/parse.ts";
import { OPTION_NAMES, variableOf } from "../../../lib/command-line/options.ts";
import { HELP_TOPICS } from "../../../lib/command-line/topic-names.ts";
import { VERBS } from "../../../lib/command-line/verbs.ts";
import { filledIn, readyHome, startExampleWorld } from "../../support/example-world.ts";
import { type Home, ROOT } from "../../support/home.ts";
import type { ScriptedWorld } from "../../support/oauth/scripted-world.ts";

const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(ROOT, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];
const textOf = (document: string) => readFileSync(join(ROOT, document), "utf8");
/** A command in a block or in backticks: at its beginning, or behind variables, a pipe or an opening bracket. */
const COMMAND = /(?:^|\n|[|(] ?)(?:[A-Z_0-9]+=\S* )*(?:env .* )?m2mcp(?= @?[a-z]|$)/;
const blocksOf = (text: string) =>
  [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = ""]) =>
    COMMAND.test(block) ? [block] : [],
  );
const spansOf = (text: string) =>
  [...text.replace(/^```.*?^```/gms, "").matchAll(/`([^`]+)`/g)].map(([, span = ""]) =>
    span.replace(/\s+/g, " "),
  );

/** What no server here can stand in for: clouds, their tools, a person at a terminal (two-minutes.test.ts). */
const ELSEWHERE =
  /--assertion |--sign-command|gcloud|--grant (token-exchange|id-jag)|@svc\nm2mcp install|releases\/|gh attestation|cache\.example\.com/;
/** Options of other programs. */
const FOREIGN = [
  "preload",
  "config",
  "cpu-prof",
  "cli",
  "raw",
  "set-interpreter",
  "omit",
  "no-optional",
  "cacert",
];
/** Programs whose options are not looked at. */
const PROGRAMS =
  /\b(bun|npx|npm|gcloud|aws|az|curl|claude|openssl|codex|gemini|codesign|patchelf)\b|^--set-interpreter$/;

let world: ScriptedWorld;
const homes: Home[] = [];
beforeAll(async () => {
  world = await startExampleWorld();
});
afterAll(async () => {
  for (const home of homes) await home.remove();
  await world.stop();
});

/** How long what goes on until it is told to end is let go on, in s. */
const SERVED_S = 3;
/** A block in which each command that goes on until it is told to end is told so. */
const ended = (block: string) =>
  block.replaceAll(/^m2mcp serve/gm, `timeout --preserve-status ${SERVED_S} m2mcp serve`);

const blocks = DOCUMENTS.flatMap((document) =>
  blocksOf(textOf(document)).map((block) => [document, block] as const),
);

test("there are blocks", () => expect(blocks.length).toBeGreaterThan(8));

test.concurrent.each(blocks.filter(([, block]) => !ELSEWHERE.test(block)))(
  "%s runs: %s",
  async (_, block) => {
    const home = await readyHome(world, ["@svc"]);
    homes.push(home);
    // Where it lies for who passes on nothing but the home folder.
    symlinkSync(join(home.folder, "store"), join(home.folder, ".config", "m2mcp"));
    const child = Bun.spawn(["bash", "-ec", ended(filledIn(world, block))], {
      cwd: home.folder,
      env: home.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stderr] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    expect([child.exitCode, stderr]).toEqual([0, stderr]);
  },
  60_000,
);

/** The words of a command as a shell has them, up to the next command; quotes hold them together. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const end = words.findIndex((word) => /^[|>#&]|[;)]$/.test(word));
  const own = end < 0 ? words : [...words.slice(0, end), (words[end] ?? "").replace(/^[|>#&].*|[;)]$/g, "")];
  return own.filter((word) => word !== "").map((word) => word.replaceAll(/['"]/g, ""));
}

/** What is wrong with a command; undefined where nothing is. */
function faultOf(command: string): string | undefined {
  const words = wordsOf(command.replaceAll("\\\n", " ")).slice(1);
  // Written with several of its words at once, or a part of it.
  if (words.some((word) => /^\[|\||…|^<[a-z]/.test(word))) return undefined;
  try {
    const { positionals, given } = parseArguments(words);
    if (positionals[0] === "help") {
      const [, topic] = positionals;
      return [...HELP_TOPICS, ...VERBS.map(({ name }) => name), undefined].includes(topic)
        ? undefined
        : `no page ${topic}`;
    }
    const { verb } = chooseVerb(
      positionals,
      VERBS.map(({ name }) => name),
      () => true,
    );
    const options = VERBS.find(({ name }) => name === verb)?.options ?? OPTION_NAMES;
    const foreign = [...given.keys()].filter((name) => !options.includes(name));
    return foreign.length === 0 ? undefined : `${verb} has no --${foreign.join(", --")}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe.each(DOCUMENTS)("%s:", (document) => {
  const text = textOf(document);
  test("commands within it are there, with their options", () => {
    const within = [...spansOf(text), ...blocksOf(text)].flatMap((part) => [
      ...(COMMAND.test(part) ? part : "")
        .replaceAll("\\\n", " ")
        .matchAll(/(?:^|[\s(])(m2mcp(?: [^\n]*)?)/gm),
    ]);
    const faults = within.flatMap(([, command = ""]) => {
      const fault = faultOf(command);
      return fault === undefined ? [] : [`${command}: ${fault}`];
    });
    expect(faults).toEqual([]);
  });
  test("options and variables within it are there", () => {
    // The table of others has theirs.
    const ours = text.replace(/^## Beside others$.*?(?=^## )/ms, "");
    const spans = spansOf(ours);
    const options = spans.flatMap((span) =>
      !/^(--|m2mcp )/.test(span) || PROGRAMS.test(span)
        ? []
        : [...span.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)],
    );
    const known: readonly string[] = [...OPTION_NAMES, ...FOREIGN];
    expect(options.map(([, name = ""]) => name).filter((name) => !known.includes(name))).toEqual([]);
  });
  test("variables within it are there", () => {
    const named = [...text.matchAll(/\bM2MCP_[A-Z_]*[A-Z]\b/g)].map(([name]) => name);
    // The last two are of the scripts that install.
    const OTHERS = [
      "M2MCP_HOME",
      "M2MCP_PASSPHRASE",
      "M2MCP_NEW_PASSPHRASE",
      "M2MCP_LOG",
      "M2MCP_INSTALL_DIR",
      "M2MCP_RELEASE_URL",
    ];
    const known = [...OPTION_NAMES.map(variableOf), ...OTHERS];
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });
});

test("each recipe fits login", () => {
  const recipes = textOf("docs/authorization-servers.md")
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .flatMap((line) => spansOf(line.split(" | ").slice(1).join(" | ")))
    // An option alone is spoken of.
    .filter((span) => /^--\S+ |^--(dpop|no-resource)$/.test(span));
  expect(recipes.length).toBeGreaterThan(15);
  const faults = recipes.flatMap((recipe) => {
    const fault = faultOf(`m2mcp login https://mcp.example.com/mcp @svc --client-id ID ${recipe}`);
    return fault === undefined ? [] : [`${recipe}: ${fault}`];
  });
  expect(faults).toEqual([]);
});
