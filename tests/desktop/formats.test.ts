// An entry in and out of texts of every layout: what was there stays, byte for byte.
import { describe, expect, test } from "bun:test";
import { type Format, formatOf } from "../../lib/desktop/formats/format.ts";
import { isWithin } from "./is-within.ts";

const VALUE = {
  command: "C:\\bin\\m2mcp.exe",
  args: ["bridge", "@svc"],
  env: { M2MCP_HOME: "/a b/ü" },
  flag: true,
  n: 3,
};
const ENTRY = ["servers", "svc"];

const TEXTS: Record<"jsonc" | "toml" | "yaml", string[]> = {
  jsonc: [
    '{"servers":{"a":{}}}',
    '{"servers":{}}',
    '{ "servers" : { "a" : 1 } }\n',
    '{\n\t"servers": {\n\t\t"a": 1\n\t}\n}',
    '{\r\n  "servers": {\r\n    "a": [1,\r\n 2],\r\n  },\r\n}\r\n',
    '{\n  "servers": {\n    "a": 1, // one\n    // two\n  }\n}\n',
    '{\n  "servers": {\n    "a": 1 /* one */, /* two */\n    /* three */\n    "b": 2 // four\n    // , "c": 3\n  }\n}\n',
    '{\n  "servers": {\n    "a": 1\n    , "b": "}"\n  }\n}',
    '{\n  "servers": {\n    // none yet\n  }\n}',
    '{"servers": {"a": "\\"},{", "b": {"servers": {"svc": 1}}}, "z": 0}',
    '// head\n/* more */ {\n    "x": null,\n    "servers": { "a": { "deep": { } } }\n} // tail\n',
  ],
  toml: [
    "",
    "a = 1",
    "a = 1 # one\n\n\n",
    "[servers.a]\nx = 1\n",
    '[servers.a] # one\r\nx = """\r\n[servers.svc]\r\n"""\r\n\r\n# two\r\n[servers.a.env]\r\nK = "v" # three\r\n\r\n[z]\r\ny = 1\r\n',
    "servers = { a = { x = 1 } }\n[z]\ny = 1\n",
    "servers.a.x = 1\n\n[z]\n",
    "[servers]\na = { x = 1 }\nb.x = 2\n\n[[list]]\n",
    "[[list]]\nx = 1\n[[list]]\nx = 2",
    "# only\n",
  ],
  yaml: [
    "servers:\n  a: 1\n",
    "servers:\n  a: 1",
    "servers: {a: 1}\nz: 0\n",
    "servers: { a: { b: [1, 2] } } # one\n",
    '# head\nz: 0\nservers:\n    # one\n    a:\n        x: 1   # two\n\n    # three\n    b:\n    - 1\n    - "2" # four\n\n# five\ny: 1\n',
    "servers:\r\n  a:\r\n    x: |\r\n      servers:\r\n        svc: 1\r\n  b: >-\r\n    folded\r\n    text\r\nz: 0\r\n",
    "servers:\n  a:\n    x: |+\n      kept\n\n\nz: 0\n",
    "---\nservers:\n  a: &one {x: 1}\n  b: *one\n...\n",
    '"servers":\n  "a b": null\n  c:\n',
    '{"servers": {"a": 1}, "z": 0}\n',
    "servers: {}\n",
    "servers: {} # none\nz: 0",
  ],
};

describe.each(Object.entries(TEXTS) as [keyof typeof TEXTS, string[]][])("%s", (name, texts) => {
  test.each(texts.map((text) => [JSON.stringify(text), text]))("%s", async (_, text) => {
    const format = await formatOf(name);
    const before = format.read(text, []) as Record<string, unknown>;
    const changed = format.set(text, ENTRY, VALUE);
    expect(format.read(changed, ENTRY)).toEqual(VALUE);
    expect(format.read(format.remove(changed, ENTRY), []) ?? {}).toEqual(before ?? {});
    expect(format.remove(changed, ENTRY)).toBe(text);
    // A second time, and a part of it.
    const part = format.set(changed, [...ENTRY, "command"], "/opt/m2mcp");
    expect(format.read(part, ENTRY)).toEqual({ ...VALUE, command: "/opt/m2mcp" });
    expect(format.set(part, [...ENTRY, "command"], VALUE.command)).toBe(changed);
    const more = format.read(format.set(changed, [...ENTRY, "timeout"], 7), ENTRY);
    expect(more).toEqual({ ...VALUE, timeout: 7 });
    // Two, which go in either order.
    const two = format.set(changed, ["servers", "two"], VALUE);
    expect(format.remove(format.remove(two, ["servers", "two"]), ENTRY)).toBe(text);
    expect(format.read(format.remove(two, ENTRY), ["servers", "two"])).toEqual(VALUE);
    expect(format.read(format.remove(format.remove(two, ENTRY), ["servers", "two"]), []) ?? {}).toEqual(
      before ?? {},
    );
  });
});

test("what has no place for entries yet gets one", async () => {
  for (const [name, texts] of [
    ["jsonc", ["", " \n", "{}", "{\n}\n", "// head\n", '{\n  "z": 0\n}', '{"servers": null}', "/* x */"]],
    [
      "yaml",
      [
        "",
        "# head\n\n",
        "z: 0",
        "servers:\nz: 0\n",
        "servers: # none\n",
        "servers: null\nz: 0\n",
        "servers: ~\n",
        "---\n",
      ],
    ],
    ["toml", ["", "\n\n", "# head", "[z]\n"]],
  ] as const)
    for (const text of texts) {
      const format: Format = await formatOf(name);
      const changed = format.set(text, ENTRY, VALUE);
      expect([text, format.read(changed, ENTRY)]).toEqual([text, VALUE]);
      // Nothing of what was there is gone, but for a null and a brace that stood elsewhere.
      expect([text, isWithin(text.replace(/null|~|[\s{}]/g, ""), changed)]).toEqual([text, true]);
    }
});

test("what is damaged is told by line and column", async () => {
  for (const [name, text, line, column] of [
    ["json", '{\n  "a": 1,\n}', 3, 1],
    ["json", "{\n  // x\n}", 2, 3],
    ["jsonc", '{\n  "a": 1\n  "b": 2\n}', 3, 3],
    ["jsonc", '{ "servers": { "svc": 1, "svc": 2 } }', 1, 26],
    ["jsonc", '{ "servers": [] }', 1, 14],
    ["toml", "a = 1\nb = \n", 3, 1],
    ["toml", "[servers.a]\n[servers.a]\n", 2, 10],
    ["yaml", "a: b\n  c: d\n", 1, 4],
    ["yaml", "a: 1\na: 2\n", 2, 1],
    ["yaml", "- 1\n", 1, 1],
    ["yaml", "servers: text\n", 1, 10],
  ] as const) {
    const format = await formatOf(name);
    let found: unknown;
    try {
      format.set(text, ENTRY, VALUE);
    } catch (error) {
      found = error;
    }
    expect([name, text, found]).toEqual([name, text, expect.objectContaining({ line, column })]);
  }
});
