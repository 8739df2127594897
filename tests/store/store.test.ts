import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../support/waiting.ts";
import {
  createStoreFolder,
  ended,
  failureOf,
  profileNamed,
  type StoreFolder,
  UNNAMED,
} from "./store-folder.ts";

let home: StoreFolder;
beforeEach(() => {
  home = createStoreFolder();
});
afterEach(() => home.remove());

describe("files", () => {
  test("a damaged profile is named, kept, and hides no other", async () => {
    await home.open().writeProfile(profileNamed("a"));
    await home.open().writeProfile(profileNamed("b"));
    const file = join(home.folder, "profiles", "a.m2mcp");
    writeFileSync(file, "junk");
    const { profiles, unreadable } = await home.open().listProfiles();
    expect(profiles).toEqual([profileNamed("b")]);
    expect(unreadable.map((one) => one.file)).toEqual([file]);
    expect(await failureOf(home.open().readProfile("a"))).toBe("damaged");
    expect(readFileSync(file, "utf8")).toBe("junk");
  });

  test("a profile that others can read is named", async () => {
    await home.open().writeProfile(profileNamed("a"));
    chmodSync(join(home.folder, "profiles", "a.m2mcp"), 0o644);
    await home.open().readProfile("a");
    expect(home.warnings.join()).toContain("chmod 600");
  });

  test("a store folder that cannot be made leaves state in memory and profiles an error", async () => {
    const store = home.open({ M2MCP_HOME: "/dev/null/store", M2MCP_STORE: "file" });
    await store.updateState(UNNAMED, () => ({ server: { era: "modern" } }));
    expect(await store.readState(UNNAMED)).toEqual({ server: { era: "modern" } });
    expect(home.warnings).toHaveLength(1);
    expect(await failureOf(store.writeProfile(profileNamed("a")))).toBe("not_writable");
  });

  test("a profile goes with its state", async () => {
    const store = home.open();
    await store.writeProfile(profileNamed("a"));
    await store.updateState("a", () => ({ server: { era: "legacy" } }));
    expect(await store.removeProfile("a")).toBe(true);
    expect(await store.readState("a")).toBe(null);
    expect(await store.removeProfile("a")).toBe(false);
  });

  test("state of a profile that was removed is not written again by who used it", async () => {
    const [bridge, other] = [home.open(), home.open()];
    await bridge.writeProfile(profileNamed("a"));
    await bridge.updateState("a", () => ({ server: { era: "legacy" } }));
    await other.removeProfile("a");
    await bridge.updateState("a", (old) => ({ ...old, server: { era: "modern" } }));
    expect(readdirSync(join(home.folder, "state"))).toEqual([]);
    expect(await bridge.readState("a")).toEqual({ server: { era: "modern" } });
    // A new login counts for it as for all.
    await other.writeProfile(profileNamed("a"));
    await other.updateState("a", () => ({ auth: {} }));
    expect(await bridge.readState("a")).toEqual({ auth: {} });
  });

  test("state that could not be written is written once that is possible, and gives way to what another wrote", async () => {
    const [bridge, other] = [home.open(), home.open()];
    const state = join(home.folder, "state");
    await bridge.writeProfile(profileNamed("a"));
    const version = (protocolVersion: string) => ({ server: { protocolVersion } });
    const closed = async (work: () => Promise<unknown>) => {
      rmSync(state, { recursive: true, force: true });
      writeFileSync(state, "");
      await work();
      rmSync(state);
    };
    await closed(() => bridge.updateState("a", () => version("1")));
    expect(home.warnings.join()).toContain("in memory only");
    expect(await other.readState("a")).toBe(null);
    await bridge.updateState("a", (old) => ({ ...old, auth: {} }));
    expect(await other.readState("a")).toEqual({ ...version("1"), auth: {} });
    expect(home.warnings.join()).toContain("saved again");
    await closed(() => bridge.updateState("a", () => version("2")));
    await other.updateState("a", () => version("3"));
    expect(await bridge.readState("a")).toEqual(version("3"));
  });

  test("a writer killed at any moment leaves the old or the new state", async () => {
    const store = home.open({ M2MCP_STORE: "file" });
    await store.updateState(UNNAMED, () => ({ server: { protocolVersion: "0" } }));
    let last = 0;
    for (let round = 0; round < 40; round++) {
      const child = home.program(
        `for (let at = ${round * 1000}; ; at++) await store.updateState("${UNNAMED}", () => ({ server: { protocolVersion: String(at) } }));`,
      );
      await sleep(30 + Math.random() * 60);
      child.kill("SIGKILL");
      await ended(child);
      const state = await home.open().readState(UNNAMED);
      const at = Number(state?.server?.protocolVersion);
      expect(at).toBeGreaterThanOrEqual(last);
      last = at;
    }
    expect(last).toBeGreaterThan(0);
  });
});

describe("many processes", () => {
  test("many processes that make the store at once agree on one key, and lose no change", async () => {
    const count = 24;
    const one = `await store.updateState("${UNNAMED}", (old) => ({ server: { protocolVersion: String(Number(old.server?.protocolVersion ?? 0) + 1) } }));`;
    await Promise.all(Array.from({ length: count }, () => ended(home.program(one))));
    expect((await home.open().readState(UNNAMED))?.server?.protocolVersion).toBe(String(count));
    expect(readdirSync(join(home.folder, "locks"))).toEqual([]);
    expect(readdirSync(join(home.folder, "state"))).toEqual([`${UNNAMED}.m2mcp`]);
  });

  test("many processes are not held up by one that was killed with the lock", async () => {
    const holder = home.program(
      `await store.withLock("x", async () => { await Bun.write(${JSON.stringify(home.beside("held"))}, "1"); await Bun.sleep(60000); });`,
    );
    while (!existsSync(home.beside("held"))) await sleep(10);
    holder.kill("SIGKILL");
    await ended(holder);
    const startedMs = performance.now();
    expect(await home.open().withLock("x", async () => "mine")).toBe("mine");
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(readdirSync(join(home.folder, "locks"))).toEqual([]);
  });
});
