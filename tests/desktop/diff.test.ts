// What a diff shows of a file that holds others' secrets.
import { expect, test } from "bun:test";
import { diffOf } from "../../lib/desktop/diff.ts";
import { formatOf } from "../../lib/desktop/formats/format.ts";

const ENTRY = { command: "/usr/bin/m2mcp", args: ["bridge", "@svc"] };
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

test("a file that comes and one that goes", async () => {
  expect(await diffOf("FILE", null, "a: 1\n", [])).toBe("--- (no file)\n+++ FILE\n@@ -1,0 +1,1 @@\n+a: 1");
  expect(await diffOf("FILE", "a: 1\n", null, [])).toStartWith("--- FILE\n+++ (no file)\n");
});

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
