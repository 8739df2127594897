import { jsonIn, objectOf } from "../../json.ts";
import { writeAtomic } from "../../platform/files/files.ts";
import { filesAhead } from "../../platform/files/read-ahead.ts";
import { randomBytes } from "../../platform/random.ts";
import { damagedStore, newerFormat } from "../errors.ts";
import type { Exposure } from "../exposure.ts";
import type { Lease } from "../locks/lock.ts";
import type { StorePaths } from "../paths.ts";
import { hasForm, parseWrappedKey, type WrappedKey } from "./wrapped-key.ts";

const FORMAT = 1;
const MAX_BYTES = 64 * 1024;
/** It becomes an account in the keyring. */
const ID = /^[0-9a-f]{16}$/;

/** Where the store's key is kept. */
export type KeyPlace = "keyring" | "passphrase" | "file";

/** `store.json`: which key opens the store and where it is; holds no secret in clear. */
export type Description = { id: string } & (
  | { place: "keyring" }
  | { place: "file" }
  | ({ place: "passphrase" } & WrappedKey)
);

/** Names the store in a keyring. */
export const newStoreId = () => randomBytes(8).toString("hex");

/**
 * What a description says; pure.
 *
 * @param file its path, for messages
 * @throws M2mcpError damaged when anything in it is not as this program writes it, newer_format
 */
export function parseDescription(text: string, file: string): Description {
  const found = objectOf(jsonIn(text));
  const { format, id, place } = found;
  if (Number.isInteger(format) && Number(format) > FORMAT) throw newerFormat(file, format);
  if (format !== FORMAT || !hasForm(id, ID)) throw damagedStore(file);
  if (place === "keyring" || place === "file") return { id, place };
  const wrapped = place === "passphrase" ? parseWrappedKey(found) : null;
  if (!wrapped) throw damagedStore(file);
  return { id, place: "passphrase", ...wrapped };
}

/** Null where there is no store yet. @throws M2mcpError damaged, newer_format, not_readable */
export async function readDescription(paths: StorePaths, exposure: Exposure): Promise<Description | null> {
  const found = await filesAhead.read(paths.description, MAX_BYTES);
  if (!found) return null;
  await exposure.checkFile(paths.description, found.mode);
  return parseDescription(found.bytes.toString("utf8"), paths.description);
}

/** @throws M2mcpError not_writable, lock_lost */
export async function writeDescription(
  paths: StorePaths,
  description: Description,
  lease: Lease,
): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...description }, null, 2);
  await writeAtomic(paths.description, Buffer.from(`${text}\n`), {
    durable: true,
    confirm: lease.confirm,
  });
}
