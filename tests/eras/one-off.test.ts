// One-off commands give the same whatever the server's era, and say clearly what they cannot do.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHome, type Home } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import { type FullServer, PROMPTS, RESOURCES, TEMPLATES, TOOLS, VISIT } from "../support/mcp/full-server.ts";

const start = {
  legacy: () => startFullLegacyServer("http"),
  modern: () => startFullModernServer(),
  dual: () => startFullModernServer("stateless"),
  "HTTP+SSE": () => startFullLegacyServer("sse"),
};

for (const kind of ["legacy", "modern", "dual", "HTTP+SSE"] as const)
  describe(kind, () => {
    let server: FullServer;
    let home: Home;
    beforeAll(async () => {
      server = await start[kind]();
      home = createHome();
    });
    afterAll(async () => {
      home.remove();
      await server.stop();
    });
    const run = (...args: string[]) => home.run([server.url, ...args]);
    const data = async (...args: string[]) => JSON.parse((await run(...args, "--json")).stdout);
    const isModern = kind === "modern" || kind === "dual";

    test("show, ping", async () => {
      expect(await data("show")).toMatchObject({
        name: "full-server",
        version: "3.2.1",
        protocolVersion: isModern ? "2026-07-28" : "2025-11-25",
        capabilities: { logging: {} },
      });
      expect((await run("ping")).code).toBe(0);
    });

    test("lists, all pages of them", async () => {
      const names = (await data("tools-list")).tools.map(({ name }: { name: string }) => name);
      expect(names).toEqual([...TOOLS.map(({ name }) => name), ...(isModern ? ["numbers"] : [])]);
      expect((await data("tools-get", "ping-back")).name).toBe("ping-back");
      expect((await data("resources-list")).resources).toEqual(RESOURCES);
      expect((await data("resources-templates-list")).resourceTemplates).toEqual(TEMPLATES);
      expect((await data("prompts-list")).prompts).toEqual(PROMPTS);
    });

    test("calls, reads, gets", async () => {
      expect(await run("tools-call", "echo", "text=ünï")).toMatchObject({ code: 0, stdout: "ünï\n" });
      expect((await data("tools-call", "sum", "a:=1", "b:=2")).structuredContent).toEqual({ sum: 3 });
      expect((await data("resources-read", "memo://one")).contents[0].text).toBe("text of memo://one");
      expect((await run("prompts-get", "greet", "name=Bo")).stdout).toContain("Greet Bo");
      const slow = await run("tools-call", "slow", "ms:=40", "--verbose");
      expect(slow).toMatchObject({ code: 0, stdout: "done\n" });
    });

    test("errors of the tool and of the server exit with 2", async () => {
      expect(await run("tools-call", "fail")).toMatchObject({ code: 2, stdout: "it went wrong\n" });
      const exploded = await run("tools-call", "explode");
      expect(exploded.code).toBe(2);
      expect(exploded.stderr).toContain("-31234");
      expect(exploded.stderr).toContain("boom");
      expect((await run("resources-read", "memo://none")).code).toBe(2);
      expect((await run("tools-call", "nothing")).code).toBe(2);
    });

    for (const [tool, kindOfInput] of [
      ["ask", "elicitation"],
      ["ask-url", "elicitation"],
      ["sample", "sampling"],
      ["roots", "roots"],
    ] as const)
      test(`a tool that asks for ${kindOfInput} (${tool}) is a clear error`, async () => {
        const { code, stdout, stderr } = await run("tools-call", tool);
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
        expect(stderr).toContain("asks for input");
        expect(stderr).toContain(kindOfInput);
        expect(stderr).toContain("m2mcp bridge");
      });

    test("a tool that wants a visit names the address, where the era lets it", async () => {
      const { code, stderr } = await run("tools-call", "need-url");
      expect(code).toBe(2);
      expect(stderr).toContain(isModern ? "elicitation" : VISIT.url);
    });
  });
