// A word in what all saved servers have: where it is looked for, who is asked, what is told of those that cannot be.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { isMatch } from "../../lib/ui/lists/matches.ts";
import { reply, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { createVerbHome, type VerbHome } from "../support/run-verb.ts";

const LISTS: Record<string, object> = {
  "tools/list": {
    tools: [
      {
        name: "bill",
        description: "Makes an INVOICE.\nmore",
        inputSchema: { properties: { to: { type: "string" } } },
      },
      {
        name: "other",
        inputSchema: { properties: { a: { type: "number", description: "the invoice's number" } } },
      },
      { name: "none", description: "nothing of it" },
    ],
  },
  "prompts/list": { prompts: [{ name: "dun", arguments: [{ name: "invoice_id" }] }] },
  "resources/list": { resources: [{ uri: "file:///invoices", name: "Papers" }] },
};

let one: Scripted;
let plain: Scripted;
let home: VerbHome;
beforeAll(async () => {
  one = await startLegacyServer((asked, response) =>
    asked.method === "resources/templates/list"
      ? response.writeHead(200, { "content-type": "application/json" }).end(
          JSON.stringify({
            jsonrpc: "2.0",
            id: asked.id,
            error: { code: -32601, message: "Method not found" },
          }),
        )
      : reply(asked, LISTS[asked.method] ?? {}),
  );
  plain = await startLegacyServer((asked) => reply(asked, {}));
  home = createVerbHome();
  for (const [name, server] of [
    ["@one", one],
    ["@same", one],
    ["@plain", plain],
  ] as const)
    await home.run(["connect", server.url, name]);
});
afterAll(async () => {
  home.remove();
  await one.stop();
  await plain.stop().catch(() => {});
});

describe("grep", () => {
  test("looks in names, texts and arguments of all kinds, whatever their letters", async () => {
    const { out, err } = await home.run(["grep", "invoice", "@one"]);
    expect(out.trimEnd().split("\n")).toEqual([
      "@one  tool      bill(to?: string)  Makes an INVOICE.",
      "@one  tool      other(a?: number)  the invoice's number",
      "@one  prompt    dun",
      "@one  resource  file:///invoices   Papers",
    ]);
    expect(err).toBe("");
  });
  test("asks each server once, and of what was seen lately nothing", async () => {
    await home.run(["grep", "invoice", "--json"]);
    one.seen.splice(0);
    const { out } = await home.run(["grep", "invoice"]);
    expect(out).toContain("@one  tool");
    expect(out).not.toContain("@same");
    const asked = one.seen.map(({ method }) => method);
    expect(asked).not.toContain("tools/list");
    expect(asked.filter((method) => method === "resources/list")).toHaveLength(1);
  });
  test("gives programs the items whole, and where they are", async () => {
    const { out } = await home.run(["@one", "grep", "INVOICE'S", "--json"]);
    expect(JSON.parse(out)).toEqual({
      matches: [
        { target: "@one", kind: "tool", item: (LISTS["tools/list"] as { tools: object[] }).tools[1] },
      ],
      failed: [],
    });
  });
  test("says so where nothing has it", async () => {
    expect(await home.run(["grep", "zzz"])).toEqual({ out: "", err: "nothing has it\n" });
  });
  test("wants one word", async () => {
    for (const words of [["a", "b"], ["@one"], [""]])
      expect((await home.run(["grep", ...words])).failed?.exitCode).toBe(1);
  });
  test("tells of a server that cannot be asked, after what the others have", async () => {
    await plain.stop();
    const { out, err, failed } = await home.run(["grep", "invoice"]);
    expect(out).toContain("bill");
    expect(err).toContain("warning: @plain: ");
    expect([failed?.exitCode, failed?.message]).toEqual([3, "1 of 2 servers could not be asked"]);
    const data = JSON.parse((await home.run(["grep", "invoice", "--json"])).out);
    expect(data.failed).toMatchObject([{ target: "@plain", error: { code: -31003, exitCode: 3 } }]);
    expect((await home.run(["grep", "invoice", "@plain"])).failed?.code).toBe("connection_refused");
  });
});

test("a schema of any depth, and in a circle, is looked through in no time", () => {
  const schema: Record<string, unknown> = { type: "object" };
  let last = schema;
  for (let level = 0; level < 10_000; level++) {
    const next = { description: "deep" };
    last.properties = { a: next };
    last = next;
  }
  expect(isMatch({ name: "t", inputSchema: schema }, "nowhere")).toBe(false);
  expect(
    isMatch(
      { name: "t", inputSchema: { properties: { b: { items: { description: "Within" } } } } },
      "within",
    ),
  ).toBe(true);
});
