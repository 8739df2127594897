// What a diff shows of a file that holds others' secrets.
import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diffOf } from "../../lib/desktop/diff.ts";
import { formatOf } from "../../lib/desktop/formats/format.ts";
import { shownDiff } from "../../lib/ui/screen/shown-diff.ts";

const ENTRY = { command: "/usr/bin/m2mcp", args: ["bridge", "@svc"] };
const PIPE = { isTerminal: false, columns: undefined, colours: 0, images: undefined } as const;
const OWN = ["svc", ENTRY.command, ...ENTRY.args];

test.each([
  [
    "jsonc",
    `{
  "servers": {
    "a": {
      "command": "npx",
      "args": ["-y", "--token", "s3cret-a", "--key=s3cret-b"],
      // "OLD": "s3cret-c"
      "env": { "command": "run", "KEY": "s3cret-d", "UNUSUAL \\" NAME": "s3cret \\" e" }
    }
  }
}
`,
  ],
  ["jsonc", '{"servers":{"a":{"command":"npx","args":["s3cret-a"],"env":{"K":"s3cret-b"},"n":1}}}'],
  [
    "toml",
    `[servers.a]
command = "npx"
args = ["s3cret-a", 's3cret-b']
# KEY = "s3cret-c", or s3cret = s3cret-x
env = { command = "run", KEY = "s3cret-d" }
text = """
s3cret-e
"""
`,
  ],
  [
    "yaml",
    `servers:
  a:
    cmd: npx
    args:
    - -y
    - s3cret-a
    - 's3cret-b'
    # KEY: s3cret-c
    envs:
      KEY: s3cret-d   # a note
      OTHER: "s3cret-e"
`,
  ],
] as const)("%s: values of others are left out, those of the entry are not", async (name, text) => {
  const format = await formatOf(name);
  const after = format.set(text, ["servers", "svc"], ENTRY);
  for (const [from, to] of [
    [text, after],
    [after, text],
  ] as const) {
    const diff = await diffOf("FILE", from, to, OWN);
    expect(diff).not.toContain("s3cret");
    for (const shown of ["FILE", ...OWN]) expect(diff).toContain(shown);
  }
});

test("what was put into an entry of ours by hand is left out as well", async () => {
  const format = await formatOf("jsonc");
  const before = format.set("{}", ["servers", "svc"], {
    ...ENTRY,
    env: { M2MCP_CLIENT_SECRET: "s3cret", M2MCP_HOME: "/srv" },
  });
  const diff = await diffOf("FILE", before, format.remove(before, ["servers", "svc"]), OWN);
  expect(diff).not.toContain("s3cret");
  expect(diff).toContain("/srv");
});

test.each([
  ["comes", null, "a: 1\nb: 2\n", "--- (no file)\n+++ FILE\n@@ -0,0 +1,2 @@\n+a: 1\n+b: 2"],
  ["goes", "a: 1\n", null, "--- FILE\n+++ (no file)\n@@ -1,1 +0,0 @@\n-a: 1"],
  ["is filled", "", "a: 1\n", "--- FILE\n+++ FILE\n@@ -0,0 +1,1 @@\n+a: 1"],
  ["is emptied", "a: 1\n", "", "--- FILE\n+++ FILE\n@@ -1,1 +0,0 @@\n-a: 1"],
  [
    "gets an end of its last line",
    "a: 1",
    "a: 1\nb: 2\n",
    "--- FILE\n+++ FILE\n@@ -1,1 +1,2 @@\n-a: 1\n\\ No newline at end of file\n+a: 1\n+b: 2",
  ],
])("a file that %s, as unified diffs have it", async (_, before, after, diff) => {
  expect(await diffOf("FILE", before, after, [])).toBe(diff);
});

test.skipIf(Bun.which("patch") === null)(
  "where nothing is left out, what is shown makes the file what it will be",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "m2mcp-diff-"));
    const file = join(folder, "file");
    const format = await formatOf("jsonc");
    const filled = (text: string) => format.set(text, ["servers", "svc"], ENTRY);
    const texts = ["", "{}", "{}\n", '{\r\n\t"theme": true,\r\n\t"servers": {}\r\n}\r\n'];
    for (const [before, after] of [
      ...texts.flatMap((text) => [
        [text, filled(text)],
        [filled(text), text],
        [filled(text), `${filled(text)}\n`],
      ]),
      [null, filled("{}\n")],
    ] as const) {
      if (before === null) rmSync(file);
      else writeFileSync(file, before);
      const shown = shownDiff("Host", await diffOf("FILE", before, after ?? null, OWN), PIPE);
      const { exitCode, stdout } = Bun.spawnSync(["patch", "--binary", file], {
        stdin: Buffer.from(`${shown}\n`),
      });
      expect([exitCode, stdout.toString()]).toEqual([0, `patching file ${file}\n`]);
      expect(readFileSync(file, "utf8")).toBe(after ?? "");
    }
    rmSync(folder, { recursive: true });
  },
);

test("of a file on one line, however long, what changes is shown, and quickly", async () => {
  const format = await formatOf("json");
  const others = Array.from({ length: 20_000 }, (_, at) => [`key ${at}`, `s3cret ${"#".repeat(at % 50)}`]);
  const before = JSON.stringify({
    servers: { a: Object.fromEntries(others) },
    z: Object.fromEntries(others),
  });
  const startedMs = performance.now();
  const diff = await diffOf("FILE", before, format.set(before, ["servers", "svc"], ENTRY), OWN);
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  expect(diff.length).toBeLessThan(700);
  expect(diff).toContain('"svc":{"command":"/usr/bin/m2mcp","args":["bridge","@svc"]}');
  expect(diff).not.toContain("s3cret");
});
