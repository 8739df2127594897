// A bridge that cannot be opened: a host that reads only stdout learns why.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home } from "../support/home.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

const INPUT = [
  '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"h","version":"1"}}}',
  "junk",
  '{"jsonrpc":"2.0","method":"notifications/initialized"}',
  '[{"jsonrpc":"2.0","id":"two","method":"tools/list"}]',
]
  .map((line) => `${line}\n`)
  .join("");

describe("a bridge that cannot be opened answers each request with the reason, and ends with its exit code", () => {
  for (const [what, args, env, code, words] of [
    ["an unknown profile", ["@nobody"], {}, 1, "there is no profile @nobody"],
    ["a missing secret", ["https://mcp.example.com/mcp"], { M2MCP_CLIENT_ID: "id" }, 1, "no client secret"],
    ["plain http", ["http://mcp.example.com/mcp", "--client-id", "a"], {}, 1, "travel in the clear"],
    ["a damaged store", ["@svc"], {}, 5, "store.json is damaged"],
  ] as const)
    test(what, async () => {
      if (code === 5) {
        mkdirSync(join(home.folder, "store", "profiles"), { recursive: true, mode: 0o700 });
        writeFileSync(join(home.folder, "store", "store.json"), "junk", { mode: 0o600 });
        writeFileSync(join(home.folder, "store", "profiles", "svc.m2mcp"), "junk", { mode: 0o600 });
      }
      const secret = what === "plain http" ? { M2MCP_CLIENT_SECRET: "s3cret-value" } : {};
      const outcome = await home.run(["bridge", ...args], { env: { ...env, ...secret }, input: INPUT });
      const answers = outcome.stdout
        .trim()
        .split("\n")
        .flatMap((line) => JSON.parse(line));
      expect(outcome.stdout.trim().split("\n")[2]).toStartWith("[");
      expect(answers.map(({ id }) => id)).toEqual([1, null, "two"]);
      for (const { error } of [answers[0], answers[2]])
        expect(error).toMatchObject({ code: -31000 - code, message: expect.stringContaining(words) });
      expect(answers[1].error.code).toBe(-32700);
      expect(outcome.code).toBe(code);
      expect(outcome.stderr.split(words)).toHaveLength(2);
      expect(outcome.stdout + outcome.stderr).not.toContain("s3cret-value");
    });

  test("with no input it ends at once, and a signal ends it", async () => {
    expect((await home.run(["bridge", "@nobody"])).code).toBe(1);
    const child = home.start(["bridge", "@nobody"]);
    await new Promise<void>((resolve) => child.stderr.once("data", () => resolve()));
    child.kill("SIGTERM");
    expect(await new Promise((resolve) => child.on("close", resolve))).toBe(1);
  });
});
