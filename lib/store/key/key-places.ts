import { writeAtomic } from "../../platform/files/files.ts";
import { filesAhead } from "../../platform/files/read-ahead.ts";
import type { Keyring } from "../../platform/keyring/keyring.ts";
import { KeyringFailure } from "../../platform/keyring/keyring-failure.ts";
import { damagedStore, keyLost, keyringSilent, missingPassphrase, noKeyring } from "../errors.ts";
import type { Exposure } from "../exposure.ts";
import type { Lease } from "../locks/lock.ts";
import type { StorePaths } from "../paths.ts";
import type { Description, KeyPlace } from "./description.ts";
import type { Passphrase } from "./passphrase.ts";
import { KEY_BYTES, wrapKey } from "./wrapped-key.ts";

/** A longer one is no key at all. */
const MAX_KEY_FILE_BYTES = 64 * 1024;

/** What opening the key needs from outside. */
export interface KeySources {
  paths: StorePaths;
  passphrase: Passphrase;
  keyring: Keyring;
  warn(message: string): void;
  exposure: Exposure;
  /** Runs `work` while no other process makes the store or moves its key. */
  exclusively<T>(work: (lease: Lease) => Promise<T>): Promise<T>;
}

/**
 * Puts the key into a place. It is there when this returns, but no description says so yet.
 *
 * @param passphrase for `passphrase`: the one to wrap it with, where it is not the one that is known
 * @throws M2mcpError no_keyring, missing_passphrase, not_writable
 */
export async function putKey(
  sources: KeySources,
  place: KeyPlace,
  id: string,
  key: Uint8Array,
  lease: Lease,
  passphrase: string | undefined = sources.passphrase.known(),
): Promise<Description> {
  switch (place) {
    case "keyring":
      await putIntoKeyring(sources.keyring, id, key);
      return { id, place };
    case "passphrase":
      if (!passphrase) throw missingPassphrase(sources.paths.folder);
      return { id, place, ...(await wrapKey(passphrase, key)) };
    case "file":
      sources.exposure.written(
        await writeAtomic(sources.paths.key, key, { durable: true, confirm: lease.confirm }),
      );
      return { id, place };
  }
}

async function putIntoKeyring(keyring: Keyring, id: string, key: Uint8Array): Promise<void> {
  const secret = Buffer.from(key).toString("base64");
  const kept = await keyring
    .write(id, secret)
    .then(() => keyring.read(id))
    .catch((error: unknown) => {
      throw noKeyring(reasonIn(error), hintIn(error));
    });
  if (kept !== secret) throw noKeyring("it did not keep what was stored");
}

/** @throws M2mcpError no_keyring, key_lost, missing_passphrase, wrong_passphrase, damaged, not_readable */
export async function readKey(sources: KeySources, description: Description): Promise<Uint8Array> {
  const { paths, passphrase, keyring } = sources;
  switch (description.place) {
    case "keyring": {
      const secret = await keyring.read(description.id).catch((error: unknown) => {
        throw keyringSilent(paths.folder, reasonIn(error), hintIn(error));
      });
      if (secret === null) throw keyLost(paths.folder, "the OS keyring");
      return checkedKey(Buffer.from(secret, "base64"), "the store's key in the OS keyring");
    }
    case "passphrase":
      return passphrase.unwrap(description);
    case "file": {
      const key = await readKeyFile(sources);
      if (!key) throw keyLost(paths.folder, paths.key);
      return key;
    }
  }
}

/** Null when there is none. @throws M2mcpError damaged, not_readable */
export async function readKeyFile({ paths, exposure }: KeySources): Promise<Uint8Array | null> {
  const found = await filesAhead.read(paths.key, MAX_KEY_FILE_BYTES);
  if (!found) return null;
  await exposure.checkFile(paths.key, found.mode);
  return checkedKey(found.bytes, paths.key);
}

function checkedKey(key: Uint8Array, where: string): Uint8Array {
  if (key.length !== KEY_BYTES) throw damagedStore(where);
  return key;
}

const reasonIn = (error: unknown) => (error instanceof Error ? error.message : "unknown");

const hintIn = (error: unknown) => (error instanceof KeyringFailure ? error.hint : undefined);
