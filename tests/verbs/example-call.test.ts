// The call that tools-get shows, pasted into a shell and made: what arrives at the server fits the tool's schema.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { check } from "../../lib/schema/check.ts";
import { reply, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { createVerbHome, type VerbHome } from "../support/run-verb.ts";

const string = { type: "string" };
const SCHEMAS: Record<string, object> = {
  nothing: { type: "object" },
  plain: {
    required: ["a", "b", "c"],
    properties: { a: string, b: { type: "integer" }, c: { type: "boolean" } },
  },
  spaced: { required: ["a"], properties: { a: { ...string, examples: ['it\'s "red" $shoes `x` \\ *'] } } },
  file: { required: ["a"], properties: { a: { ...string, examples: ["@home"] } } },
  digits: {
    required: ["a", "b"],
    properties: { a: { ...string, examples: ["007"] }, b: { enum: ["1", 2] } },
  },
  words: { required: ["a"], properties: { a: { ...string, examples: ["true", "null"] } } },
  pattern: { required: ["a"], properties: { a: { ...string, pattern: "^[A-Z]{3}-\\d{4}$" } } },
  range: {
    required: ["a"],
    properties: { a: { type: "number", exclusiveMinimum: 0, maximum: 0.5, multipleOf: 0.1 } },
  },
  wrongExample: { required: ["a"], properties: { a: { type: "integer", examples: ["five"], minimum: 3 } } },
  nested: {
    required: ["a", "l"],
    properties: {
      a: {
        type: "object",
        required: ["b"],
        properties: { b: { type: "array", items: string, minItems: 2 } },
      },
      l: { type: "array", uniqueItems: true, minItems: 3, items: { enum: [1, 2, 3] } },
    },
  },
  "odd names": { required: ["a.b", "c d", "e="], properties: { "a.b": string, "c d": string, "e=": string } },
  branches: {
    required: ["a"],
    properties: { a: { anyOf: [{ type: "null" }, { type: "array", items: string }] } },
  },
  referred: {
    required: ["a"],
    properties: { a: { $ref: "#/$defs/id" } },
    $defs: { id: { ...string, minLength: 12, maxLength: 12 } },
  },
  oneOf: { oneOf: [{ required: ["a"], properties: { a: { const: "x" } } }, { required: ["b"] }] },
  optional: { properties: { a: { ...string, default: "d" }, b: string } },
  lines: { properties: { a: { ...string, default: "one\ntwo\tthree" } } },
  strict: { additionalProperties: false, required: ["a"], properties: { a: { ...string, format: "date" } } },
};

let server: Scripted;
let home: VerbHome;
beforeAll(async () => {
  const tools = Object.entries(SCHEMAS).map(([name, schema]) => ({
    name,
    inputSchema: { type: "object", ...schema },
  }));
  server = await startLegacyServer((asked) =>
    reply(asked, asked.method === "tools/list" ? { tools } : { content: [{ type: "text", text: "ok" }] }),
  );
  home = createVerbHome();
  await home.run(["connect", server.url, "@svc"]);
});
afterAll(async () => {
  home.remove();
  await server.stop();
});

/** The words of a line, as a shell has them. */
function shellWords(line: string): string[] {
  const { stdout } = Bun.spawnSync(["sh", "-c", `m2mcp() { printf '%s\\0' "$@"; }; ${line}`]);
  return stdout.toString().split("\0").slice(0, -1);
}

for (const [name, schema] of Object.entries(SCHEMAS))
  test(`of ${name}`, async () => {
    const { out } = await home.run(["@svc", "tools-get", name]);
    const [, line = ""] = /^Example:\n {2}(.+)$/m.exec(out) ?? [];
    expect(line).toStartWith("m2mcp @svc tools-call ");
    const { failed } = await home.run(shellWords(line));
    expect(failed).toBeUndefined();
    const sent = server.seen.findLast(({ method }) => method === "tools/call")?.params;
    expect(sent?.name).toBe(name);
    expect(await check(sent?.arguments as Record<string, unknown>, { type: "object", ...schema })).toEqual(
      [],
    );
  });

test("none is shown where none is known to fit, or its words would steer", async () => {
  const tools = [
    { name: "never", inputSchema: { type: "object", required: ["a"], properties: { a: false } } },
    {
      name: "steers",
      inputSchema: { required: ["a"], properties: { a: { ...string, examples: ["\u001b[2J"] } } },
    },
    { name: "--help", inputSchema: {} },
  ];
  const other = await startLegacyServer((asked) =>
    reply(asked, asked.method === "tools/list" ? { tools } : {}),
  );
  for (const { name } of tools) {
    const { out } = await home.run(["tools-get", other.url, "--", name]);
    expect(out).toContain(name);
    expect(out).not.toContain("Example");
  }
  await other.stop();
});
