import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { M2mcpError } from "../../../lib/failure.ts";
import type { Keyring } from "../../../lib/platform/keyring/keyring.ts";
import { openStore } from "../../../lib/store/store.ts";
import {
  createKeyring,
  createStoreFolder,
  failureOf,
  NO_KEYRING,
  profileNamed,
  type StoreFolder,
} from "../store-folder.ts";

let home: StoreFolder;
beforeEach(() => {
  home = createStoreFolder();
});
afterEach(() => home.remove());

test("the store's key lies in a file where nothing better is, with one warning", async () => {
  await home.open().writeProfile(profileNamed("a"));
  expect(await home.open().keyPlace()).toBe("file");
  expect(await home.open().readProfile("a")).toEqual(profileNamed("a"));
  expect(home.warnings).toHaveLength(1);
});

test("the store's key lies in the keyring where one answers, and nowhere else", async () => {
  const keyring = createKeyring();
  await home.open({}, keyring).writeProfile(profileNamed("a"));
  expect(await home.open({}, keyring).keyPlace()).toBe("keyring");
  expect(existsSync(join(home.folder, "store.key"))).toBe(false);
  expect(await failureOf(home.open({}, NO_KEYRING).readProfile("a"))).toBe("no_keyring");
  keyring.kept.clear();
  expect(await failureOf(home.open({}, keyring).readProfile("a"))).toBe("key_lost");
});

test("the store's key comes from a passphrase; a wrong or missing one is told apart and changes nothing", async () => {
  await home.open({ M2MCP_PASSPHRASE: "one" }).writeProfile(profileNamed("a"));
  const before = readFileSync(join(home.folder, "store.json"));
  expect(await failureOf(home.open({ M2MCP_PASSPHRASE: "two" }).readProfile("a"))).toBe("wrong_passphrase");
  expect(await failureOf(home.open({}).readProfile("a"))).toBe("missing_passphrase");
  expect(await home.open({ M2MCP_PASSPHRASE: "one" }).readProfile("a")).toEqual(profileNamed("a"));
  expect(readFileSync(join(home.folder, "store.json"))).toEqual(before);
});

test("the store's key moves from place to place, and the old place is empty after", async () => {
  const keyring = createKeyring();
  await home.open({}, keyring, "file").writeProfile(profileNamed("a"));
  await home.open({}, keyring).move("keyring");
  expect(existsSync(join(home.folder, "store.key"))).toBe(false);
  expect(keyring.kept.size).toBe(1);
  await home.open({}, keyring).move("passphrase", "new");
  expect(keyring.kept.size).toBe(0);
  await home.open({ M2MCP_PASSPHRASE: "new" }, keyring).move("passphrase", "newer");
  expect(await failureOf(home.open({ M2MCP_PASSPHRASE: "new" }, keyring).readProfile("a"))).toBe(
    "wrong_passphrase",
  );
  await home.open({ M2MCP_PASSPHRASE: "newer" }, keyring).move("file");
  expect(await home.open({}, keyring).readProfile("a")).toEqual(profileNamed("a"));
});

test("the store's key is found where it was moved to between two looks", async () => {
  const keyring = createKeyring();
  await home.open({}, keyring).writeProfile(profileNamed("a"));
  const late: Keyring = {
    ...keyring,
    async read(account) {
      if (keyring.kept.size > 0) await home.open({}, keyring).move("file");
      return keyring.read(account);
    },
  };
  expect(await home.open({}, late).readProfile("a")).toEqual(profileNamed("a"));
});

test("the store's key is where it is: a contrary choice is an error", async () => {
  const keyring = createKeyring();
  await home.open({}, keyring, "file").writeProfile(profileNamed("a"));
  expect(await failureOf(home.open({}, keyring, "keyring").readProfile("a"))).toBe("other_place");
  expect(
    await failureOf(
      openStore({
        env: { M2MCP_HOME: join(home.folder, "new") },
        choice: "keyring",
        keyring: NO_KEYRING,
        warn() {},
      }).keyPlace(),
    ),
  ).toBe("no_keyring");
});

test("an error about the store's key names the store that was looked in, or M2MCP_HOME", async () => {
  const words = (work: Promise<unknown>) =>
    work.then(
      () => "none",
      (error: M2mcpError) => `${error.message} ${error.hint}`,
    );
  await home.open({ M2MCP_PASSPHRASE: "one" }).writeProfile(profileNamed("a"));
  expect(await words(home.open({}).readProfile("a"))).toContain(home.folder);
  expect(await words(home.open({ M2MCP_PASSPHRASE: "two" }).readProfile("a"))).toContain(home.folder);
  expect(await words(home.open({}, NO_KEYRING, "keyring").readProfile("a"))).toContain(home.folder);
  const keyring = createKeyring();
  await home.open({ M2MCP_PASSPHRASE: "one" }, keyring).move("keyring");
  expect(await words(home.open({}, NO_KEYRING).readProfile("a"))).toMatch(
    new RegExp(`${home.folder}.*M2MCP_HOME`),
  );
  keyring.kept.clear();
  expect(await words(home.open({}, keyring).readProfile("a"))).toContain(home.folder);
});
