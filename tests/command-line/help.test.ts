import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { OPTIONS, variableOf } from "../../lib/command-line/options.ts";
import { VERBS } from "../../lib/command-line/verbs.ts";

const cli = join(import.meta.dir, "../../cli.ts");

async function m2mcp(...argv: string[]) {
  const child = Bun.spawn([process.execPath, cli, ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env.PATH ?? "", M2MCP_HOME: "/nonexistent/m2mcp" },
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

describe("help is complete", () => {
  for (const verb of VERBS)
    test(verb.name, async () => {
      const { out, err, code } = await m2mcp(verb.name, "--help");
      expect([code, err]).toEqual([0, ""]);
      expect(out).toContain(`m2mcp ${verb.name} ${verb.arguments}`.trim());
      expect(out).toContain(verb.about);
      expect(verb.examples.length).toBeGreaterThan(0);
      for (const example of verb.examples) expect(out).toContain(`  ${example}`);
      for (const name of verb.options) {
        expect(out).toContain(`  --${name} `);
        expect(out).toContain(OPTIONS[name].about);
        const variable = variableOf(name);
        if (variable) expect(out).toContain(`[${variable}]`);
      }
    });

  test("the overview names every verb", async () => {
    const shown = [await m2mcp("--help"), await m2mcp(), await m2mcp("help"), await m2mcp("-h")];
    for (const { out, code } of shown) {
      expect(code).toBe(0);
      for (const verb of VERBS) expect(out).toMatch(new RegExp(`^  ${verb.name} `, "m"));
      expect(out).toContain("Exit codes");
    }
    expect((await m2mcp("help", "login")).out).toBe((await m2mcp("login", "--help")).out);
  });

  test("the version", async () => {
    const { out, code } = await m2mcp("--version");
    expect([code, out.trim()]).toEqual([0, "m2mcp 0.1.0"]);
  });
});

describe("errors", () => {
  test("for people: error and hint on stderr, nothing on stdout", async () => {
    expect(await m2mcp("tool-list", "@svc")).toEqual({
      code: 1,
      out: "",
      err: "error: unknown command tool-list\nhint: did you mean tools-list\n",
    });
  });
  test("for programs: an object on stdout, and a line for people on stderr", async () => {
    const { out, err, code } = await m2mcp("tools-list", "@svc", "--json");
    expect([code, err]).toEqual([1, expect.stringContaining("error: there is no profile @svc in ")]);
    expect(JSON.parse(out).error).toMatchObject({ code: -31001, name: "no_profile", exitCode: 1 });
  });
  test("never on stdout for the bridge", async () => {
    for (const argv of [
      ["bridge", "@svc", "--json"],
      ["@svc", "--json"],
      ["bridge", "--json"],
    ]) {
      const { out, err, code } = await m2mcp(...argv);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toStartWith("error: ");
    }
  });
});
