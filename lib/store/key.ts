import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { join } from "node:path";
import { wrongUsage } from "../failure.ts";
import { listFolder, readBytes, removeFile, writeAtomic } from "../platform/files.ts";
import type { Keyring } from "../platform/keyring.ts";
import {
  damagedFile,
  descriptionLost,
  keyLost,
  keyringSilent,
  missingPassphrase,
  newerFormat,
  noKeyring,
  otherPlace,
  wrongPassphrase,
} from "./errors.ts";
import type { KeyPlace } from "./types.ts";

const FORMAT = 1;
const KEY_BYTES = 32;
/** OWASP's recommendation for scrypt. */
const SCRYPT = { N: 2 ** 16, r: 8, p: 2 };

/** `store.json`: which key opens the store and where it is; holds no secret in clear. */
interface Description {
  format: number;
  id: string;
  place: KeyPlace;
  /** For a passphrase: how the wrapping key is derived, and the wrapped key. */
  scrypt?: { salt: string; N: number; r: number; p: number };
  wrapped?: string;
}

/** What opening the key needs from outside. */
export interface KeySources {
  folder: string;
  passphrase: string | undefined;
  keyring: Keyring;
  warn(message: string): void;
  /** Looks at a file's permissions before it is read. */
  checkExposed(path: string): Promise<void>;
  /** Runs `work` while no other process makes the store or moves its key. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

export interface OpenKey {
  key: Uint8Array;
  place: KeyPlace;
}

const descriptionFile = (folder: string) => join(folder, "store.json");
const keyFile = (folder: string) => join(folder, "store.key");

/**
 * The store's 256-bit key, made at the first use (in the keyring where one answers, else under the passphrase, else
 * in a file). An existing store decides by itself where its key is.
 *
 * @throws M2mcpError no_keyring, key_lost, other_place, wrong_passphrase, missing_passphrase, damaged, newer_format
 */
export async function openKey(sources: KeySources, choice: "keyring" | "file" | undefined): Promise<OpenKey> {
  return (
    (await openExisting(sources, choice)) ??
    // Another process may make it at this moment: then its key counts.
    sources.exclusively(async () => (await openExisting(sources, choice)) ?? makeStore(sources, choice))
  );
}

async function openExisting(
  sources: KeySources,
  choice: "keyring" | "file" | undefined,
): Promise<OpenKey | null> {
  for (let found = await readDescription(sources); found; ) {
    if (choice === "keyring" && found.place !== "keyring") throw otherPlace(found.place, "keyring");
    if (choice === "file" && found.place === "keyring") throw otherPlace("keyring", "file");
    try {
      return { key: await readKey(sources, found), place: found.place };
    } catch (error) {
      // The key may have been moved between the two reads: then the description tells where to.
      const now = await readDescription(sources);
      if (JSON.stringify(now) === JSON.stringify(found)) throw error;
      found = now;
    }
  }
  return null;
}

async function makeStore(sources: KeySources, choice: "keyring" | "file" | undefined): Promise<OpenKey> {
  const file = descriptionFile(sources.folder);
  // A new key would turn what is there into rubbish; a key file alone still opens it.
  const profiles = await listFolder(join(sources.folder, "profiles"));
  const kept = await readBytes(keyFile(sources.folder));
  if (!kept && profiles.some((name) => !name.startsWith("."))) throw descriptionLost(file);
  if (kept && choice === "keyring") throw otherPlace("file", "keyring");
  const key = randomBytes(KEY_BYTES);
  const description = await settle(sources, kept ? "file" : choice, key);
  await writeAtomic(file, encoded(description));
  if (description.place === "file")
    sources.warn(
      `the store's key is kept in ${keyFile(sources.folder)}, readable by you alone; set M2MCP_PASSPHRASE or use an OS keyring to protect it better`,
    );
  return { key, place: description.place };
}

/** Whether a store was made here, whatever state it is in. */
export const hasDescription = async (folder: string): Promise<boolean> =>
  (await readBytes(descriptionFile(folder))) !== null;

const encoded = (description: Description) => Buffer.from(`${JSON.stringify(description, null, 2)}\n`);

/** Puts a new key into the place that is chosen. */
async function settle(
  sources: KeySources,
  choice: "keyring" | "file" | undefined,
  key: Uint8Array,
): Promise<Description> {
  const id = randomBytes(8).toString("hex");
  if (choice !== "file") {
    try {
      return await put(sources, { format: FORMAT, id, place: "keyring" }, key);
    } catch (error) {
      if (choice === "keyring") throw error;
    }
  }
  const place = sources.passphrase && !(await readBytes(keyFile(sources.folder))) ? "passphrase" : "file";
  return put(sources, { format: FORMAT, id, place }, key);
}

/** Puts the key where the description says; the description is then complete, but not written yet. */
async function put(sources: KeySources, description: Description, key: Uint8Array): Promise<Description> {
  const { folder, passphrase, keyring } = sources;
  switch (description.place) {
    case "keyring": {
      const secret = Buffer.from(key).toString("base64");
      const kept = await keyring
        .write(description.id, secret)
        .then(() => keyring.read(description.id))
        .catch((error: unknown) => {
          throw noKeyring(error instanceof Error ? error.message : "unknown");
        });
      if (kept !== secret) throw noKeyring("it did not keep what was stored");
      return description;
    }
    case "passphrase": {
      if (!passphrase) throw missingPassphrase();
      const scrypt = { salt: randomBytes(16).toString("base64"), ...SCRYPT };
      return { ...description, scrypt, wrapped: wrap(derive(passphrase, scrypt), key) };
    }
    case "file": {
      const there = await readBytes(keyFile(folder));
      if (!there) await writeAtomic(keyFile(folder), key);
      // One that a killed process left while it made the store, or whose description was lost.
      else key.set(checked(there, keyFile(folder)));
      return description;
    }
  }
}

async function readKey(sources: KeySources, description: Description): Promise<Uint8Array> {
  const { folder, passphrase, keyring } = sources;
  switch (description.place) {
    case "keyring": {
      const secret = await keyring.read(description.id).catch((error: unknown) => {
        throw keyringSilent(error instanceof Error ? error.message : "unknown");
      });
      if (secret === null) throw keyLost("the OS keyring");
      return checked(Buffer.from(secret, "base64"), "the OS keyring");
    }
    case "passphrase": {
      if (!passphrase) throw missingPassphrase();
      if (!description.scrypt || !description.wrapped) throw damagedFile(descriptionFile(folder));
      const key = unwrap(derive(passphrase, description.scrypt), description.wrapped);
      if (!key) throw wrongPassphrase(descriptionFile(folder));
      return key;
    }
    case "file": {
      await sources.checkExposed(keyFile(folder));
      const key = await readBytes(keyFile(folder));
      if (!key) throw keyLost(keyFile(folder));
      return checked(key, keyFile(folder));
    }
  }
}

function checked(key: Uint8Array, where: string): Uint8Array {
  if (key.length !== KEY_BYTES) throw damagedFile(where);
  return key;
}

async function readDescription(
  sources: Pick<KeySources, "folder" | "checkExposed">,
): Promise<Description | null> {
  const file = descriptionFile(sources.folder);
  await sources.checkExposed(file);
  const bytes = await readBytes(file);
  if (!bytes) return null;
  let found: Partial<Description>;
  try {
    found = JSON.parse(bytes.toString("utf8"));
  } catch {
    throw damagedFile(file);
  }
  if (typeof found.format === "number" && found.format > FORMAT) throw newerFormat(file, found.format);
  const { format, id, place } = found;
  if (format !== FORMAT || typeof id !== "string" || !["keyring", "passphrase", "file"].includes(place ?? ""))
    throw damagedFile(file);
  return found as Description;
}

/**
 * Moves the key to another place, or under another passphrase. The new place is filled first, then the description
 * switches in one step, then the old place is emptied: at any moment one of the two opens the store. To be run
 * exclusively.
 *
 * @param newPassphrase for `passphrase`: the one to use from now on
 * @throws M2mcpError as `openKey`
 */
export async function moveKey(sources: KeySources, to: KeyPlace, newPassphrase?: string): Promise<void> {
  const { folder } = sources;
  const found = await readDescription(sources);
  if (!found) throw wrongUsage("there is no store yet", "m2mcp login makes one");
  const key = await readKey(sources, found);
  if (found.place === to && to !== "passphrase") return;
  const id = to === "keyring" ? randomBytes(8).toString("hex") : found.id;
  // What lies there now opens nothing: a move that was killed left it.
  if (to === "file") await removeFile(keyFile(folder));
  const passphrase = newPassphrase ?? sources.passphrase;
  const description = await put({ ...sources, passphrase }, { format: FORMAT, id, place: to }, key);
  await writeAtomic(descriptionFile(folder), encoded(description));
  if (found.place === "keyring") await sources.keyring.remove(found.id).catch(() => {});
  // Whoever was stopped on the way looks again: the key file may be the one that counts by now.
  if (to !== "file" && (await readDescription(sources))?.place !== "file")
    await removeFile(keyFile(folder)).catch(() => {});
}

const derive = (passphrase: string, { salt, N, r, p }: { salt: string; N: number; r: number; p: number }) =>
  scryptSync(passphrase.normalize("NFKC"), Buffer.from(salt, "base64"), KEY_BYTES, {
    N,
    r,
    p,
    maxmem: 256 * N * r,
  });

function wrap(wrapping: Uint8Array, key: Uint8Array): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", wrapping, nonce);
  return Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

function unwrap(wrapping: Uint8Array, wrapped: string): Uint8Array | null {
  const bytes = Buffer.from(wrapped, "base64");
  try {
    const decipher = createDecipheriv("aes-256-gcm", wrapping, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}
