// Damaged and missing files of the store: named, kept, and mended by a login.
import { beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { usedStore } from "./used-store.ts";

const { home, world, store, login, asked } = usedStore();

describe("a damaged file", () => {
  const junk = "junk";
  beforeEach(async () => {
    await login("s");
    await login("s", {}, "@other");
  });

  test("a damaged profile is named and kept, and the others work; a new login mends it", async () => {
    writeFileSync(store("profiles", "svc.m2mcp"), junk);
    const { code, stderr } = await home.run(["@svc", "tools-list"]);
    expect([code, stderr]).toEqual([
      5,
      expect.stringContaining(`${store("profiles", "svc.m2mcp")} is damaged`),
    ]);
    expect((await home.run(["@other", "tools-list"])).code).toBe(0);
    expect(readFileSync(store("profiles", "svc.m2mcp"), "utf8")).toBe(junk);
    expect((await login("s")).code).toBe(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  });

  test("a profile that is put back serves the next call: its failure is told to nobody who comes later", async () => {
    const bridge = asked();
    expect((await bridge.ask()).error).toBeUndefined();
    const profile = readFileSync(store("profiles", "svc.m2mcp"));
    writeFileSync(store("profiles", "svc.m2mcp"), junk);
    world.revoke();
    expect((await bridge.ask()).error?.message).toContain("is damaged");
    writeFileSync(store("profiles", "svc.m2mcp"), profile);
    expect((await home.run(["@svc", "tools-list"])).stderr).toBe("");
    expect((await bridge.ask()).error).toBeUndefined();
    await bridge.end();
  });

  test("damaged state is named, stops nothing, and is made anew", async () => {
    writeFileSync(store("state", "svc.m2mcp"), junk);
    const { code, stdout, stderr } = await home.run(["@svc", "tools-list"]);
    expect([code, stdout, stderr]).toEqual([
      0,
      "there\n",
      expect.stringContaining(store("state", "svc.m2mcp")),
    ]);
    expect(await home.run(["@svc", "tools-list"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("a damaged store.json or store.key is named and kept; credentials from the environment still work", async () => {
    for (const name of ["store.json", "store.key"]) {
      const before = readFileSync(store(name));
      for (const bytes of [junk, ""]) {
        writeFileSync(store(name), bytes);
        const { code, stderr } = await home.run(["@svc", "tools-list"]);
        expect([code, stderr]).toEqual([5, expect.stringContaining(store(name))]);
        const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
        const open = await home.run(["tools-list", world.url], { env });
        expect([open.code, open.stderr]).toEqual([0, expect.stringContaining(store(name))]);
        expect((await login("s")).code).toBe(5);
        expect(readFileSync(store(name), "utf8")).toBe(bytes);
      }
      writeFileSync(store(name), before);
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    }
  });

  test("a lost store.json or store.key is not replaced by a new key while there are profiles", async () => {
    const json = readFileSync(store("store.json"));
    const key = readFileSync(store("store.key"));
    rmSync(store("store.key"));
    expect((await login("s")).stderr).toContain("store.key");
    rmSync(store("store.json"));
    const { code, stderr } = await login("s");
    expect([code, stderr]).toEqual([5, expect.stringContaining("store.json is missing")]);
    expect(readdirSync(store()).includes("store.key")).toBe(false);
    // The key file alone opens the store again.
    writeFileSync(store("store.key"), key, { mode: 0o600 });
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    expect(JSON.parse(readFileSync(store("store.json"), "utf8"))).toMatchObject({ place: "file" });
    expect(JSON.parse(json.toString())).toMatchObject({ place: "file" });
  });
});

test("a profile that is not there: the error names the store that was looked in, and what names another", async () => {
  for (const args of [
    ["@nobody", "tools-list"],
    ["logout", "@nobody"],
    ["connect", "@nobody", "@new"],
  ]) {
    const { code, stderr } = await home.run(args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`@nobody in ${store()}\n`)]);
  }
  expect((await home.run(["@nobody", "tools-list"])).stderr).toContain("M2MCP_HOME names another store");
});

test("looking at a store makes none; the first passphrase may be the one that is set", async () => {
  expect(await home.run(["store"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("no store yet"),
  });
  expect((await home.run(["store", "move", "--to", "file"])).code).toBe(1);
  expect(readdirSync(home.folder)).toEqual([]);
  await login("s");
  const env = { M2MCP_PASSPHRASE: "first" };
  expect((await home.run(["store", "move", "--to", "passphrase"], { env })).code).toBe(0);
  expect((await home.run(["@svc", "tools-list"], { env })).code).toBe(0);
  expect((await home.run(["store", "passphrase"], { env })).stderr).toContain("M2MCP_NEW_PASSPHRASE");
});
