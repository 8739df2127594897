// Arguments in an editor: what it is given to write, and what comes back.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainJson } from "../../../lib/verbs/arguments/edit/plain-json.ts";
import { templateOf } from "../../../lib/verbs/arguments/edit/template.ts";
import { reply, type Scripted, says } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { createVerbHome, type VerbHome } from "../../support/run-verb.ts";

const inputSchema = {
  type: "object",
  properties: {
    query: { type: "string", description: "Words to look for\u001b[2J\nand more" },
    limit: { type: "integer", default: 10, maximum: 50 },
    order: { enum: ["asc", "desc"] },
  },
  required: ["query"],
};

describe("the text to edit", () => {
  test("has what is required and given, and the rest as remarks", () => {
    const { text, hasExamples } = templateOf("tool search", inputSchema, { order: "desc", other: 1 });
    expect(text).toBe(
      [
        "// Arguments for the tool search. Lines that begin with // count for nothing; an empty file makes no call.",
        "{",
        "  // query: string, required. Words to look for\\u001b[2J and more",
        '  "query": "text",',
        "  // limit: integer",
        '  // "limit": 10,',
        '  // order: "asc" | "desc"',
        '  "order": "desc",',
        '  "other": 1,',
        "}",
        "",
      ].join("\n"),
    );
    expect(hasExamples).toBe(true);
    expect(JSON.parse(plainJson(text))).toEqual({ query: "text", order: "desc", other: 1 });
    expect(templateOf("tool search", inputSchema, { query: "a" }).hasExamples).toBe(false);
  });

  test("keeps what looks like a remark within a string, and every digit", () => {
    const text = '{ "a": "// no", /* yes */ "b": [1,2,], "c": 12345678901234567890, }';
    expect(plainJson(text)).toBe('{ "a": "// no",           "b": [1,2 ], "c": 12345678901234567890  }');
  });
});

describe("--edit", () => {
  let server: Scripted;
  let home: VerbHome;
  beforeEach(async () => {
    server = await startLegacyServer((asked) =>
      reply(asked, asked.method === "tools/list" ? { tools: [{ name: "search", inputSchema }] } : says("hi")),
    );
    home = createVerbHome();
  });
  afterEach(async () => {
    home.remove();
    await server.stop();
  });
  const sent = () =>
    server.seen.filter(({ method }) => method === "tools/call").map(({ params }) => params.arguments);
  /** An editor that is a script; `$1` is the file. */
  function edit(script: string, words: string[] = []) {
    const file = join(home.folder, "editor");
    writeFileSync(file, `#!/bin/sh\ncp "$2" '${home.folder}/seen'\n${script.replaceAll("$1", "$2")}\n`);
    chmodSync(file, 0o700);
    const env = { EDITOR: `'${file}' --wait`, PATH: process.env.PATH ?? "", M2MCP_CLIENT_SECRET: "" };
    return home.run(["tools-call", server.url, "search", "--edit", ...words], env);
  }

  test("sends what was written", async () => {
    const { failed } = await edit(`echo '{ // mine\n "query": "b", "limit": 5, }' > "$1"`, ["order=desc"]);
    expect(failed).toBeUndefined();
    expect(readFileSync(join(home.folder, "seen"), "utf8")).toContain('"order": "desc",');
    expect(sent()).toEqual([{ query: "b", limit: 5 }]);
  });

  test("sends what was given where nothing was to be added", async () => {
    await edit("true", ["query=a"]);
    expect(sent()).toEqual([{ query: "a" }]);
  });

  for (const [what, script, words] of [
    ["an example as it stood", "true", /nothing was edited/],
    ["an emptied file", ': > "$1"', /nothing was edited/],
    [
      "what does not fit",
      `echo '{"query": 5, "limit": 60}' > "$1"`,
      /query wants string; limit must be at most 50/,
    ],
    [
      "broken JSON",
      `printf '{\\n"query" 5}' > "$1"`,
      /the edited text is not valid JSON at line 2, character 9/,
    ],
    ["another encoding", `printf '{"query": "caf\\351"}' > "$1"`, /the edited text is not in UTF-8/],
    ["an editor that failed", "exit 3", /failed: exit code 3/],
    ["an editor that is none", "exec /nowhere/at/all", /failed: exit code 12/],
  ] as const)
    test(`sends nothing: ${what}`, async () => {
      const { failed } = await edit(script);
      expect([failed?.exitCode, failed?.message]).toEqual([1, expect.stringMatching(words)]);
      expect(sent()).toEqual([]);
    });
});
