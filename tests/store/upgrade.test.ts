// Stores of other versions: those of version 0.1, as its first executables wrote them, and those of versions to come.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Home, inHome } from "../support/home.ts";
import { type ForwardProxy, startProxy } from "../support/net/proxy.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";

let world: SmallWorld;
let proxy: ForwardProxy;
beforeAll(async () => {
  world = await startSmallWorld();
  // The server's name when those stores were made.
  proxy = await startProxy({ routes: { "mcp.test": Number(new URL(world.url).port) } });
});
afterAll(async () => {
  await proxy.stop();
  await world.stop();
});

/** Lays a store of version 0.1 into a home: @svc with a secret, a scope and a header, @borrowed of its login, @key. */
function storeOf(home: Home, place: "file" | "passphrase"): string {
  const folder = join(home.folder, "store");
  cpSync(join(import.meta.dir, "fixtures", "0.1", place), folder, { recursive: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
  chmodSync(folder, 0o700);
  home.env.HTTP_PROXY = `http://${proxy.host}`;
  home.env.NO_PROXY = "";
  if (place === "passphrase") home.env.M2MCP_PASSPHRASE = "a passphrase of 0.1";
  return folder;
}

test.each(["file", "passphrase"] as const)("a store of version 0.1 is read whole: its key in a %s", (place) =>
  inHome(async (home) => {
    storeOf(home, place);
    const { code, stdout, stderr } = await home.run(["profiles", "--json"]);
    expect([code, stderr]).toEqual([0, ""]);
    const profiles = JSON.parse(stdout).profiles as Record<string, unknown>[];
    expect(profiles.map(({ name }) => name)).toEqual(["borrowed", "key", "svc"]);
    // Its token has ended long ago: the secret that was kept brings a new one.
    const before = world.secrets.length;
    for (const name of ["@borrowed", "@svc", "@key"]) {
      const listed = await home.run([name, "tools-list"], { env: { TEAM: "t" } });
      expect([name, listed]).toMatchObject([name, { code: 0, stdout: expect.stringContaining("there") }]);
    }
    // In the form that requests have it in (RFC 6749 §2.3.1).
    expect(world.secrets.slice(before)).toContain("secret+of+0.1");
    expect((await home.run(["@svc", "tools-list"])).stderr).toContain("TEAM");
  })(),
);

test("a profile of a version to come is refused in words, and left alone with all that is beside it", () =>
  inHome(async (home) => {
    const folder = storeOf(home, "file");
    const file = join(folder, "profiles", "svc.m2mcp");
    const newer = Buffer.from(readFileSync(file));
    newer.write("m2mcp 2", 0, "latin1");
    writeFileSync(file, newer);
    for (const args of [
      ["@svc", "tools-list"],
      ["connect", "@svc", "@other"],
    ]) {
      const { code, stderr } = await home.run(args, { env: { TEAM: "t" } });
      expect([args, code]).toEqual([args, 5]);
      expect(stderr).toContain(`error: ${file} has format version 2, which this m2mcp does not know`);
      expect(stderr).toContain("hint: update m2mcp");
    }
    expect(readFileSync(file).equals(newer)).toBe(true);
    expect((await home.run(["@key", "tools-list"])).code).toBe(0);
  })());

test("a store of a version to come is refused in words, and left alone", () =>
  inHome(async (home) => {
    const folder = storeOf(home, "file");
    const description = join(folder, "store.json");
    const text = readFileSync(description, "utf8").replace('"format": 1', '"format": 2');
    writeFileSync(description, text);
    const files = () =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => !/^locks\b/.test(name))
        .sort();
    const before = files();
    for (const args of [
      ["profiles"],
      ["@svc", "tools-list"],
      ["store", "move", "--to", "file"],
      [
        "login",
        "http://mcp.test/mcp",
        "@new",
        "--client-id",
        "id",
        "--client-secret",
        "s",
        "--allow-http",
        "mcp.test",
      ],
    ]) {
      const { code, stderr } = await home.run(args, { env: { TEAM: "t" } });
      expect([args, code]).toEqual([args, 5]);
      expect(stderr).toContain(`${description} has format version 2, which this m2mcp does not know`);
    }
    expect(readFileSync(description, "utf8")).toBe(text);
    expect(files()).toEqual(before);
  })());
