// A mistyped profile: the near one is named, never used, and its name is found without the store's key.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type M2mcpError, wrongUsage } from "../../lib/failure.ts";
import type { IO } from "../../lib/ui/io.ts";
import { forgottenAt } from "../../lib/verbs/target/forgotten-at.ts";
import { openProfileStore } from "../../lib/verbs/target/saved.ts";
import { createVerbHome, type VerbHome } from "../support/run-verb.ts";

let home: VerbHome;
beforeEach(async () => {
  home = createVerbHome();
  const env = { M2MCP_HOME: join(home.folder, "store"), M2MCP_STORE: "file" };
  const store = openProfileStore({ env, warn() {} });
  for (const name of ["staging-eu", "production"])
    await store.writeProfile({ name, server: "https://mcp.example.com/mcp", createdAtMs: 0 });
});
afterEach(() => home.remove());

test.each([
  ["@stagin-eu", "@staging-eu"],
  ["@prod", "@production"],
  ["@eu", "@staging-eu"],
  ["@eu-staging", "@staging-eu"],
])("%s: %s is named", async (typed, meant) => {
  for (const argv of [
    [typed, "tools-list"],
    ["logout", typed],
    ["connect", typed, "@new"],
  ]) {
    const { failed } = await home.run(argv);
    expect([failed?.code, failed?.exitCode, failed?.hint]).toEqual([
      "no_profile",
      1,
      `did you mean ${meant}; m2mcp profiles lists them`,
    ]);
  }
  const { out } = await home.run(["profiles"]);
  expect(out).toContain("@staging-eu");
  expect(out).toContain("@production");
});

test("without its @ it is named with it", async () => {
  for (const argv of [
    ["tools-list", "production"],
    ["tools-call", "staging-eu", "x"],
    ["discover", "stagin-eu"],
    ["logout", "production"],
    ["connect", "production", "@new"],
  ]) {
    const { failed } = await home.run(argv);
    expect([failed?.exitCode, failed?.hint]).toEqual([
      1,
      expect.stringMatching(/^did you mean @(production|staging-eu)$/),
    ]);
  }
  expect((await home.run(["tools-list", "s3cr3t"])).failed?.message).not.toContain("s3cr3t");
});

test("without its @ it is no file to export all the others to", async () => {
  const { failed } = await home.run(["export", "Production"]);
  expect([failed?.exitCode, failed?.hint]).toEqual([
    1,
    "did you mean @Production; a file of that name is written ./Production",
  ]);
  expect(readdirSync(home.folder)).not.toContain("Production");
  expect((await home.run(["export", "@production", "./Production"])).failed).toBeUndefined();
  expect(readdirSync(home.folder)).toContain("Production");
});

test("without its @ before a command too", async () => {
  const io = { env: { M2MCP_HOME: join(home.folder, "store") } } as unknown as IO;
  const unknown = wrongUsage("unknown command");
  const hintFor = async (...words: string[]) => ((await forgottenAt(unknown, words, io)) as M2mcpError).hint;
  expect(await hintFor("production", "tools-list")).toBe("did you mean @production tools-list");
  expect(await hintFor("Staging-EU")).toBe("did you mean @staging-eu");
  expect(await hintFor("stagin-eu", "s3cr3t")).toBe("did you mean @staging-eu");
  expect(await forgottenAt(unknown, ["weather", "tools-list"], io)).toBe(unknown);
});

test("one that is near none is not guessed at", async () => {
  const { failed } = await home.run(["@weather", "tools-list"]);
  expect(failed?.hint).toStartWith("m2mcp profiles lists them");
});

test("names need no key", async () => {
  const folder = join(home.folder, "store");
  rmSync(join(folder, "store.key"));
  const store = openProfileStore({ env: { M2MCP_HOME: folder }, warn() {} });
  expect(await store.profileNames()).toEqual(["production", "staging-eu"]);
});
