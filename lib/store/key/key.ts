// The key of the store: where it is kept, how it is opened and moved (docs/store-format.md).
import { wrongUsage } from "../../failure.ts";
import { namesIn, removeFile } from "../../platform/files/files.ts";
import { randomBytes } from "../../platform/random.ts";
import { descriptionLost, otherPlace } from "../errors.ts";
import type { Lease } from "../locks/lock.ts";
import { nameOfSealed } from "../paths.ts";
import {
  type Description,
  type KeyPlace,
  newStoreId,
  readDescription,
  writeDescription,
} from "./description.ts";
import { type KeySources, putKey, readKey, readKeyFile } from "./key-places.ts";
import { KEY_BYTES } from "./wrapped-key.ts";

/** Where the user wants the key of a new store; undefined: the best place there is. */
export type KeyChoice = KeyPlace | undefined;

export interface OpenKey {
  key: Uint8Array;
  place: KeyPlace;
}

type KeyState =
  | { kind: "closed" }
  | { kind: "unlocking"; done: Promise<OpenKey> }
  | { kind: "open"; open: OpenKey };

/** The store's key, opened at the first use and kept for this process. */
export function createStoreKey(sources: KeySources, choice: KeyChoice) {
  let state: KeyState = { kind: "closed" };
  async function unlocking(): Promise<OpenKey> {
    try {
      const open = await openKey(sources, choice);
      state = { kind: "open", open };
      return open;
    } catch (error) {
      state = { kind: "closed" };
      throw error;
    }
  }
  return {
    /** @throws M2mcpError as `openKey`; the next call tries again */
    async open(): Promise<OpenKey> {
      if (state.kind === "closed") state = { kind: "unlocking", done: unlocking() };
      return state.kind === "open" ? state.open : state.done;
    },
    /** @throws M2mcpError as `moveKey` */
    async move(to: KeyPlace, newPassphrase?: string): Promise<void> {
      await sources.exclusively((lease) => moveKey(sources, lease, to, newPassphrase));
      state = { kind: "closed" };
    },
  };
}

/**
 * The store's 256-bit key, made at the first use (in the keyring where one answers, else under the passphrase, else
 * in a file). An existing store decides by itself where its key is.
 *
 * @throws M2mcpError no_keyring, key_lost, other_place, wrong_passphrase, missing_passphrase, damaged, newer_format
 */
async function openKey(sources: KeySources, choice: KeyChoice): Promise<OpenKey> {
  const existing = await openExisting(sources, choice);
  if (existing) return existing;
  // Asked for before others have to wait.
  if (choice === "passphrase") await sources.passphrase.fresh();
  // Another process may make it at this moment: then its key counts.
  return sources.exclusively(
    async (lease) => (await openExisting(sources, choice)) ?? makeStore(sources, choice, lease),
  );
}

async function openExisting(sources: KeySources, choice: KeyChoice): Promise<OpenKey | null> {
  const { folder } = sources.paths;
  for (let found = await readDescription(sources.paths, sources.exposure); found; ) {
    if (choice !== undefined && isElsewhere(found.place, choice))
      throw otherPlace(folder, found.place, choice);
    try {
      return { key: await readKey(sources, found), place: found.place };
    } catch (error) {
      // The key may have been moved between the two reads: then the description tells where to.
      const now = await readDescription(sources.paths, sources.exposure);
      if (JSON.stringify(now) === JSON.stringify(found)) throw error;
      found = now;
    }
  }
  return null;
}

/** A passphrase protects no less than a file: who asks for a file is content with either. */
const isElsewhere = (is: KeyPlace, wanted: KeyPlace) =>
  is !== wanted && !(wanted === "file" && is === "passphrase");

async function makeStore(sources: KeySources, choice: KeyChoice, lease: Lease): Promise<OpenKey> {
  const { paths } = sources;
  // One that a killed process left while it made the store, or whose description was lost: it still opens all.
  const kept = await readKeyFile(sources);
  // A new key would turn what is there into rubbish.
  const names = await namesIn(paths.profiles);
  if (!kept && names.some((name) => nameOfSealed(name) !== null)) throw descriptionLost(paths.description);
  if (kept && choice !== undefined && choice !== "file") throw otherPlace(paths.folder, "file", choice);
  const key = kept ?? randomBytes(KEY_BYTES);
  const id = newStoreId();
  const description: Description = kept
    ? { id, place: "file" }
    : await putNewKey(sources, choice, id, key, lease);
  await settle(sources, description, lease);
  if (description.place === "file")
    sources.warn(
      `the store's key is kept in ${paths.key}, ${sources.exposure.readers()}; set M2MCP_PASSPHRASE or use an OS keyring to protect it better`,
    );
  return { key, place: description.place };
}

/** Puts a new key into the place that is chosen, else into the best one that takes it. */
async function putNewKey(
  sources: KeySources,
  choice: KeyChoice,
  id: string,
  key: Uint8Array,
  lease: Lease,
): Promise<Description> {
  if (choice === undefined || choice === "keyring") {
    try {
      return await putKey(sources, "keyring", id, key, lease);
    } catch (error) {
      if (choice === "keyring") throw error;
    }
  }
  const isWrapped = choice === "passphrase" || sources.passphrase.known() !== undefined;
  return putKey(sources, isWrapped ? "passphrase" : "file", id, key, lease);
}

/** Lets the description say where the key was put; where that fails, the key does not stay there. */
async function settle(sources: KeySources, description: Description, lease: Lease): Promise<void> {
  const { keyring, paths } = sources;
  try {
    await writeDescription(paths, description, lease);
  } catch (error) {
    if (description.place === "keyring") await keyring.remove(description.id).catch(() => {});
    if (description.place === "file") await removeUnusedKeyFile(sources);
    throw error;
  }
}

/** Removes the key file, unless it is the one that counts by now: another process may have moved the key there. */
async function removeUnusedKeyFile({ paths, exposure }: KeySources): Promise<void> {
  const now = await readDescription(paths, exposure).catch(() => null);
  if (now && now.place !== "file") await removeFile(paths.key).catch(() => {});
}

/**
 * Moves the key to another place, or under another passphrase. The new place is filled first, then the description
 * switches in one step, then the old place is emptied: at any moment one of the two opens the store. To be run
 * exclusively.
 *
 * @param newPassphrase for `passphrase`: the one to use from now on
 * @throws M2mcpError as `openKey`
 */
async function moveKey(
  sources: KeySources,
  lease: Lease,
  to: KeyPlace,
  newPassphrase?: string,
): Promise<void> {
  const { paths } = sources;
  const found = await readDescription(paths, sources.exposure);
  if (!found) throw wrongUsage("there is no store yet", "m2mcp login makes one");
  const key = await readKey(sources, found);
  if (found.place === to && to !== "passphrase") return;
  // An entry in the keyring is a new one: a move that is killed must not leave the old one overwritten.
  const id = to === "keyring" ? newStoreId() : found.id;
  const description = await putKey(sources, to, id, key, lease, newPassphrase);
  await settle(sources, description, lease);
  if (found.place === "keyring") await sources.keyring.remove(found.id).catch(() => {});
  if (to !== "file") await removeUnusedKeyFile(sources);
}
