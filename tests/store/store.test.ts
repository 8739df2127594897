import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { M2mcpError } from "../../lib/failure.ts";
import type { Keyring } from "../../lib/platform/keyring.ts";
import { openStore } from "../../lib/store/store.ts";
import type { Profile } from "../../lib/store/types.ts";
import { sleep } from "../support/waiting.ts";

let folder: string;
const warnings: string[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "m2mcp-store-")), "store");
  warnings.length = 0;
});
afterEach(() => rmSync(join(folder, ".."), { recursive: true, force: true }));

/** A keyring in memory stands in here; the real one has its own test. */
function createKeyring(works = true): Keyring & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const check = () => {
    if (!works) throw new Error("nobody answers");
  };
  return {
    kept,
    async read(account) {
      check();
      return kept.get(account) ?? null;
    },
    async write(account, secret) {
      check();
      kept.set(account, secret);
    },
    async remove(account) {
      check();
      kept.delete(account);
    },
  };
}
const none = createKeyring(false);
const open = (env: Record<string, string> = {}, keyring: Keyring = none, choice?: "keyring" | "file") =>
  openStore({
    env: { M2MCP_HOME: folder, ...env },
    warn: (line) => void warnings.push(line),
    keyring,
    ...(choice ? { choice } : {}),
  });
const profile = (name: string): Profile => ({ name, server: `https://${name}.example/mcp`, createdAtMs: 1 });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof M2mcpError ? error.code : String(error)),
  );
/** State of credentials from the environment. */
const UNNAMED = "0123456789abcdef".repeat(2);
const program = (body: string) =>
  spawn(
    process.execPath,
    [
      "-e",
      `const { openStore } = await import(${JSON.stringify(join(import.meta.dir, "../../lib/store/store.ts"))});
const store = openStore({ env: { M2MCP_HOME: ${JSON.stringify(folder)}, M2MCP_STORE: "file" }, warn() {} });
${body}`,
    ],
    { stdio: "ignore" },
  );
const ended = (child: ReturnType<typeof spawn>) => new Promise((resolve) => child.on("close", resolve));

describe("the key", () => {
  test("lies in a file where nothing better is, with one warning", async () => {
    await open().writeProfile(profile("a"));
    expect(await open().keyPlace()).toBe("file");
    expect(await open().readProfile("a")).toEqual(profile("a"));
    expect(warnings).toHaveLength(1);
  });

  test("lies in the keyring where one answers, and nowhere else", async () => {
    const keyring = createKeyring();
    await open({}, keyring).writeProfile(profile("a"));
    expect(await open({}, keyring).keyPlace()).toBe("keyring");
    expect(existsSync(join(folder, "store.key"))).toBe(false);
    expect(await codeOf(open({}, none).readProfile("a"))).toBe("no_keyring");
    keyring.kept.clear();
    expect(await codeOf(open({}, keyring).readProfile("a"))).toBe("key_lost");
  });

  test("comes from a passphrase; a wrong or missing one is told apart and changes nothing", async () => {
    await open({ M2MCP_PASSPHRASE: "one" }).writeProfile(profile("a"));
    const before = readFileSync(join(folder, "store.json"));
    expect(await codeOf(open({ M2MCP_PASSPHRASE: "two" }).readProfile("a"))).toBe("wrong_passphrase");
    expect(await codeOf(open({}).readProfile("a"))).toBe("missing_passphrase");
    expect(await open({ M2MCP_PASSPHRASE: "one" }).readProfile("a")).toEqual(profile("a"));
    expect(readFileSync(join(folder, "store.json"))).toEqual(before);
  });

  test("moves from place to place, and the old place is empty after", async () => {
    const keyring = createKeyring();
    await open({}, keyring, "file").writeProfile(profile("a"));
    await open({}, keyring).move("keyring");
    expect(existsSync(join(folder, "store.key"))).toBe(false);
    expect(keyring.kept.size).toBe(1);
    await open({}, keyring).move("passphrase", "new");
    expect(keyring.kept.size).toBe(0);
    await open({ M2MCP_PASSPHRASE: "new" }, keyring).move("passphrase", "newer");
    expect(await codeOf(open({ M2MCP_PASSPHRASE: "new" }, keyring).readProfile("a"))).toBe(
      "wrong_passphrase",
    );
    await open({ M2MCP_PASSPHRASE: "newer" }, keyring).move("file");
    expect(await open({}, keyring).readProfile("a")).toEqual(profile("a"));
  });

  test("is found where it was moved to between two looks", async () => {
    const keyring = createKeyring();
    await open({}, keyring).writeProfile(profile("a"));
    const late: Keyring = {
      ...keyring,
      async read(account) {
        if (keyring.kept.size > 0) await open({}, keyring).move("file");
        return keyring.read(account);
      },
    };
    expect(await open({}, late).readProfile("a")).toEqual(profile("a"));
  });

  test("is where it is: a contrary choice is an error", async () => {
    const keyring = createKeyring();
    await open({}, keyring, "file").writeProfile(profile("a"));
    expect(await codeOf(open({}, keyring, "keyring").readProfile("a"))).toBe("other_place");
    expect(
      await codeOf(
        openStore({
          env: { M2MCP_HOME: join(folder, "new") },
          choice: "keyring",
          keyring: none,
          warn() {},
        }).keyPlace(),
      ),
    ).toBe("no_keyring");
  });
});

describe("files", () => {
  test("a damaged one is named, kept, and hides no other", async () => {
    await open().writeProfile(profile("a"));
    await open().writeProfile(profile("b"));
    const file = join(folder, "profiles", "a.m2mcp");
    writeFileSync(file, "junk");
    const { profiles, unreadable } = await open().listProfiles();
    expect(profiles).toEqual([profile("b")]);
    expect(unreadable.map((one) => one.file)).toEqual([file]);
    expect(await codeOf(open().readProfile("a"))).toBe("damaged");
    expect(readFileSync(file, "utf8")).toBe("junk");
  });

  test("one that others can read is named", async () => {
    await open().writeProfile(profile("a"));
    chmodSync(join(folder, "profiles", "a.m2mcp"), 0o644);
    await open().readProfile("a");
    expect(warnings.join()).toContain("chmod 600");
  });

  test("a folder that cannot be made leaves state in memory and profiles an error", async () => {
    const store = open({ M2MCP_HOME: "/dev/null/store", M2MCP_STORE: "file" });
    await store.updateState(UNNAMED, () => ({ server: { era: "modern" } }));
    expect(await store.readState(UNNAMED)).toEqual({ server: { era: "modern" } });
    expect(warnings).toHaveLength(1);
    expect(await codeOf(store.writeProfile(profile("a")))).toBe("not_writable");
  });

  test("a profile goes with its state", async () => {
    const store = open();
    await store.writeProfile(profile("a"));
    await store.updateState("a", () => ({ server: { era: "legacy" } }));
    expect(await store.removeProfile("a")).toBe(true);
    expect(await store.readState("a")).toBe(null);
    expect(await store.removeProfile("a")).toBe(false);
  });

  test("of a profile that was removed is not written again by who used it", async () => {
    const [bridge, other] = [open(), open()];
    await bridge.writeProfile(profile("a"));
    await bridge.updateState("a", () => ({ server: { era: "legacy" } }));
    await other.removeProfile("a");
    await bridge.updateState("a", (old) => ({ ...old, server: { era: "modern" } }));
    expect(readdirSync(join(folder, "state"))).toEqual([]);
    expect(await bridge.readState("a")).toEqual({ server: { era: "modern" } });
    // A new login counts for it as for all.
    await other.writeProfile(profile("a"));
    await other.updateState("a", () => ({ auth: {} }));
    expect(await bridge.readState("a")).toEqual({ auth: {} });
  });

  test("that could not be written is written once that is possible, and gives way to what another wrote", async () => {
    const [bridge, other] = [open(), open()];
    const state = join(folder, "state");
    await bridge.writeProfile(profile("a"));
    const version = (protocolVersion: string) => ({ server: { protocolVersion } });
    const closed = async (work: () => Promise<unknown>) => {
      rmSync(state, { recursive: true, force: true });
      writeFileSync(state, "");
      await work();
      rmSync(state);
    };
    await closed(() => bridge.updateState("a", () => version("1")));
    expect(warnings.join()).toContain("in memory only");
    expect(await other.readState("a")).toBe(null);
    await bridge.updateState("a", (old) => ({ ...old, auth: {} }));
    expect(await other.readState("a")).toEqual({ ...version("1"), auth: {} });
    expect(warnings.join()).toContain("saved again");
    await closed(() => bridge.updateState("a", () => version("2")));
    await other.updateState("a", () => version("3"));
    expect(await bridge.readState("a")).toEqual(version("3"));
  });

  test("a writer killed at any moment leaves the old or the new state", async () => {
    const store = open({ M2MCP_STORE: "file" });
    await store.updateState(UNNAMED, () => ({ server: { protocolVersion: "0" } }));
    let last = 0;
    for (let round = 0; round < 40; round++) {
      const child = program(
        `for (let at = ${round * 1000}; ; at++) await store.updateState("${UNNAMED}", () => ({ server: { protocolVersion: String(at) } }));`,
      );
      await sleep(30 + Math.random() * 60);
      child.kill("SIGKILL");
      await ended(child);
      const state = await open().readState(UNNAMED);
      const at = Number(state?.server?.protocolVersion);
      expect(at).toBeGreaterThanOrEqual(last);
      last = at;
    }
    expect(last).toBeGreaterThan(0);
  });
});

describe("many processes", () => {
  test("that make the store at once agree on one key, and lose no change", async () => {
    const count = 24;
    const one = `await store.updateState("${UNNAMED}", (old) => ({ server: { protocolVersion: String(Number(old.server?.protocolVersion ?? 0) + 1) } }));`;
    await Promise.all(Array.from({ length: count }, () => ended(program(one))));
    expect((await open().readState(UNNAMED))?.server?.protocolVersion).toBe(String(count));
    expect(readdirSync(join(folder, "locks"))).toEqual([]);
    expect(readdirSync(join(folder, "state"))).toEqual([`${UNNAMED}.m2mcp`]);
  });

  test("are not held up by one that was killed with the lock", async () => {
    const holder = program(
      `await store.withLock("x", async () => { await Bun.write(${JSON.stringify(join(folder, "..", "held"))}, "1"); await Bun.sleep(60000); });`,
    );
    while (!existsSync(join(folder, "..", "held"))) await sleep(10);
    holder.kill("SIGKILL");
    await ended(holder);
    const startedMs = performance.now();
    expect(await open().withLock("x", async () => "mine")).toBe("mine");
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(readdirSync(join(folder, "locks"))).toEqual([]);
  });
});
