// A store that is in use for long: rotation, logout, and moves of the key under bridges that run.
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { sleep } from "../support/waiting.ts";
import { usedStore } from "./used-store.ts";

const { home, world, store, login, asked } = usedStore();

describe("rotation", () => {
  test("a running bridge takes the new secret at the next re-issue, without a word or a restart", async () => {
    world.lifeS = 2;
    world.secret = "first";
    expect((await login("first")).code).toBe(0);
    const bridge = asked();
    expect((await bridge.ask()).result?.tools).toHaveLength(1);
    world.secret = "second";
    await sleep(2100);
    expect((await bridge.ask()).error?.message).toContain("invalid_client");
    expect((await login("second")).code).toBe(0);
    await sleep(2100);
    expect((await bridge.ask()).result?.tools).toHaveLength(1);
    expect(world.secrets.at(-1)).toBe("second");
    await bridge.end();
  });
});

test("after a logout a running bridge asks for no more tokens and leaves nothing; a new login serves it", async () => {
  world.lifeS = 2;
  expect((await login("s")).code).toBe(0);
  const bridge = asked();
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  expect((await home.run(["logout", "@svc"])).code).toBe(0);
  await sleep(2100);
  const requested = world.secrets.length;
  expect((await bridge.ask()).error).toMatchObject({
    code: -31004,
    message: expect.stringContaining("the login @svc was removed"),
  });
  expect(world.secrets).toHaveLength(requested);
  expect([...readdirSync(store("state")), ...readdirSync(store("profiles"))]).toEqual([]);
  expect((await login("s")).code).toBe(0);
  expect((await bridge.ask()).result?.tools).toHaveLength(1);
  await bridge.end();
}, 60_000);

describe("the key moves", () => {
  test("the key moves from place to place while bridges and one-off commands run", async () => {
    world.lifeS = 1;
    await login("s");
    const bridge = asked();
    let going = true;
    const failures: string[] = [];
    let passes = 0;
    const passphrases = { M2MCP_PASSPHRASE: "one", M2MCP_NEW_PASSPHRASE: "one" };
    const worker = async () => {
      while (going) {
        const { code, stderr } = await home.run(["@svc", "tools-list"], { env: passphrases });
        passes++;
        if (code !== 0) failures.push(stderr);
      }
    };
    const workers = [worker(), worker()];
    for (let round = 0; round < 4; round++)
      for (const to of ["passphrase", "file"]) {
        const { code, stderr } = await home.run(["store", "move", "--to", to], { env: passphrases });
        expect([code, stderr.includes("error")]).toEqual([0, false]);
        expect((await bridge.ask()).result?.tools).toHaveLength(1);
      }
    going = false;
    await Promise.all(workers);
    await bridge.end();
    expect(failures).toEqual([]);
    expect(passes).toBeGreaterThan(10);
  });

  test("the key moves under another passphrase: the old one opens nothing, and a bridge goes on", async () => {
    world.lifeS = 1;
    delete home.env.M2MCP_STORE;
    home.env.DBUS_SESSION_BUS_ADDRESS = "unix:path=/nowhere";
    expect((await login("s", { M2MCP_PASSPHRASE: "old" })).code).toBe(0);
    const bridge = asked({ M2MCP_PASSPHRASE: "old" });
    expect((await bridge.ask()).error).toBeUndefined();
    const changed = await home.run(["store", "passphrase"], {
      env: { M2MCP_PASSPHRASE: "old", M2MCP_NEW_PASSPHRASE: "new" },
    });
    expect(changed.code).toBe(0);
    await sleep(1100);
    expect((await bridge.ask()).error).toBeUndefined();
    await bridge.end();
    const wrong = await home.run(["@svc", "tools-list"], { env: { M2MCP_PASSPHRASE: "old" } });
    expect([wrong.code, wrong.stderr]).toEqual([
      5,
      expect.stringContaining("M2MCP_PASSPHRASE does not open"),
    ]);
    expect((await home.run(["@svc", "tools-list"])).stderr).toContain("M2MCP_PASSPHRASE is not set");
    expect((await home.run(["@svc", "tools-list"], { env: { M2MCP_PASSPHRASE: "new" } })).code).toBe(0);
  });
});
