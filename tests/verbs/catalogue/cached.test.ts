// What a list left behind is there for completion, whatever the server does since.
import { expect, test } from "bun:test";
import { cachedCatalogue } from "../../../lib/verbs/catalogue/cached.ts";
import { reply } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { createVerbHome } from "../../support/run-verb.ts";

const LISTS: Record<string, object> = {
  "tools/list": {
    tools: [
      {
        name: "paint",
        description: "Paints.",
        inputSchema: {
          properties: {
            colour: { enum: ["red", "blue"] },
            coats: { $ref: "#/$defs/n" },
            dry: { type: "boolean" },
            gloss: { anyOf: [{ enum: ["matt", "high"] }, { type: "null" }] },
            tool: { oneOf: [{ const: "brush", title: "A brush" }, { const: "roller" }] },
            wet: { type: ["boolean", "null"] },
            thin: { anyOf: [{ enum: ["very"] }, { type: "integer" }] },
          },
          required: ["coats"],
          $defs: { n: { type: "integer" } },
        },
        outputSchema: { type: "object" },
      },
      "nonsense",
    ],
  },
  "prompts/list": { prompts: [{ name: "review", arguments: [{ name: "code", required: true }] }] },
};

test("the catalogue: tools and prompts with their arguments, with no server there, and none for a stranger", async () => {
  const server = await startLegacyServer((asked) => reply(asked, LISTS[asked.method] ?? {}));
  const home = createVerbHome();
  const cached = (target: string) => cachedCatalogue(home.command(["ping", target]), target);
  try {
    await home.run(["connect", server.url, "@svc"]);
    expect(await cached("@svc")).toEqual({ tools: [], prompts: [] });
    await home.run(["tools-list", "@svc"]);
    await home.run(["prompts-list", "@svc"]);
    await server.stop();
    const argument = { required: false, choices: [] };
    expect(await cached("@svc")).toEqual({
      tools: [
        {
          name: "paint",
          about: "Paints.",
          arguments: [
            { ...argument, name: "colour", type: '"red" | "blue"', choices: ["red", "blue"] },
            { ...argument, name: "coats", type: "integer", required: true },
            { ...argument, name: "dry", type: "boolean", choices: ["true", "false"] },
            { ...argument, name: "gloss", type: '"matt" | "high" | null', choices: ["matt", "high", "null"] },
            { ...argument, name: "tool", type: '"brush" | "roller"', choices: ["brush", "roller"] },
            { ...argument, name: "wet", type: "boolean | null", choices: ["true", "false", "null"] },
            // An integer is none of a list.
            { ...argument, name: "thin", type: '"very" | integer' },
          ],
        },
      ],
      prompts: [
        {
          name: "review",
          about: "",
          arguments: [{ ...argument, name: "code", type: "string", required: true }],
        },
      ],
    });
    expect(await cached("@nobody")).toEqual({ tools: [], prompts: [] });
    const others = await cachedCatalogue(home.command(["ping", "@svc", "--header", "X-Tenant: b"]), "@svc");
    expect(others.tools).toEqual([]);
  } finally {
    home.remove();
  }
});
