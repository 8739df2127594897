// A process that was stopped for long wakes up with its lock in other hands: it writes nothing over what is newer.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processSpace } from "../../../lib/platform/host.ts";
import type { Keyring } from "../../../lib/platform/keyring/keyring.ts";
import { withFileLock } from "../../../lib/store/locks/lock.ts";
import { sleep } from "../../support/waiting.ts";
import {
  createKeyring,
  createStoreFolder,
  ended,
  profileNamed,
  type StoreFolder,
  UNNAMED,
} from "../store-folder.ts";

let home: StoreFolder;
beforeEach(() => {
  home = createStoreFolder();
});
afterEach(() => home.remove());

const version = (protocolVersion: string) => ({ server: { protocolVersion } });
const lockOf = (name: string) => join(home.folder, "locks", `${name}.lock`);
/** What another process does that takes a lock over, and has ended since. */
function takeOver(file: string): void {
  rmSync(file);
  writeFileSync(file, `999999999 1 ${processSpace()} x`);
}

test("a lock that was taken over is lost for good, and the work is done again under a new one", async () => {
  const held: boolean[] = [];
  await withFileLock(home.beside("x.lock"), async (lease) => {
    const first = held.length === 0;
    held.push(await lease.isHeld());
    if (!first) return lease.confirm();
    takeOver(home.beside("x.lock"));
    held.push(await lease.isHeld());
    await lease.confirm();
  });
  expect(held).toEqual([true, false, true]);
});

test("what somebody left who was killed while breaking a dead one's lock holds nobody up", async () => {
  const file = home.beside("x.lock");
  for (const left of [file, `${file}.break`]) writeFileSync(left, `999999999 1 ${processSpace()} x`);
  const startedMs = performance.now();
  await withFileLock(file, (lease) => lease.confirm());
  // By its age it would go after 3.5 s.
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect([existsSync(file), existsSync(`${file}.break`)]).toEqual([false, false]);
});

test("a change of state whose lock was taken over is made on what the other wrote", async () => {
  const [mine, other] = [home.open(), home.open()];
  await other.updateState(UNNAMED, () => version("2"));
  const file = join(home.folder, "state", `${UNNAMED}.m2mcp`);
  const newer = readFileSync(file);
  await other.updateState(UNNAMED, () => version("1"));
  const seen: (string | undefined)[] = [];
  await mine.updateState(UNNAMED, (old) => {
    seen.push(old.server?.protocolVersion);
    if (seen.length === 1) {
      takeOver(lockOf(`${UNNAMED}+write`));
      writeFileSync(file, newer);
    }
    return { ...old, auth: {} };
  });
  expect(seen).toEqual(["1", "2"]);
  expect(await other.readState(UNNAMED)).toEqual({ ...version("2"), auth: {} });
});

test("state that comes of work taken over by another process is dropped: the other's is newer", async () => {
  const [mine, other] = [home.open(), home.open()];
  await mine.withLock(UNNAMED, async () => {
    takeOver(lockOf(UNNAMED));
    await other.updateState(UNNAMED, () => version("new"));
    await mine.updateState(UNNAMED, () => version("old"));
  });
  expect(await mine.readState(UNNAMED)).toEqual(version("new"));
  expect(await other.readState(UNNAMED)).toEqual(version("new"));
  // The other's lock is the other's to give back.
  expect(readdirSync(join(home.folder, "locks"))).toEqual([`${UNNAMED}.lock`]);
  await mine.updateState(UNNAMED, () => version("next"));
  expect(await other.readState(UNNAMED)).toEqual(version("next"));
});

test("a store that another process made meanwhile is the one that counts, and no key of ours stays behind", async () => {
  const keyring = createKeyring();
  const other = home.open({}, keyring, "file");
  let met = false;
  const slow: Keyring = {
    ...keyring,
    async write(account, secret) {
      await keyring.write(account, secret);
      if (met) return;
      met = true;
      takeOver(lockOf("+store"));
      await other.writeProfile(profileNamed("theirs"));
    },
  };
  const mine = home.open({}, slow);
  await mine.writeProfile(profileNamed("mine"));
  const { profiles, unreadable } = await home.open({}, keyring).listProfiles();
  expect([profiles.map(({ name }) => name), unreadable]).toEqual([["mine", "theirs"], []]);
  expect(keyring.kept.size).toBe(0);
});

test("a move of the key that was overtaken takes nothing from the place where it is now", async () => {
  const keyring = createKeyring();
  await home.open({}, keyring, "file").writeProfile(profileNamed("a"));
  let met = false;
  const slow: Keyring = {
    ...keyring,
    async write(account, secret) {
      await keyring.write(account, secret);
      if (met) return;
      met = true;
      takeOver(lockOf("+store"));
      await home.open({ M2MCP_PASSPHRASE: "p" }, keyring).move("passphrase");
    },
  };
  await home.open({ M2MCP_PASSPHRASE: "p" }, slow).move("keyring");
  expect(await home.open({}, keyring).keyPlace()).toBe("keyring");
  expect(await home.open({}, keyring).readProfile("a")).toEqual(profileNamed("a"));
  expect(keyring.kept.size).toBe(1);
  expect(existsSync(join(home.folder, "store.key"))).toBe(false);
});

test("writers that are stopped and go on at any moment lose no change and bring nothing old back", async () => {
  const counter = `for (let at = 0; at < 12; at++)
  await store.updateState("${UNNAMED}", (old) => ({ server: { protocolVersion: String(Number(old.server?.protocolVersion ?? 0) + 1) } }));`;
  const children = [home.program(counter), home.program(counter), home.program(counter)];
  const all = Promise.all(children.map(ended));
  // Longer than others wait for an owner's heartbeat.
  for (const child of children) {
    await sleep(40 + Math.random() * 40);
    child.kill("SIGSTOP");
    await sleep(4500);
    child.kill("SIGCONT");
  }
  await all;
  expect((await home.open().readState(UNNAMED))?.server?.protocolVersion).toBe("36");
}, 40_000);
