import { randomBytes } from "node:crypto";
import { readBytes, writeAtomic } from "../../platform/files.ts";
import { damagedFile, newerFormat } from "../errors.ts";
import type { Lease } from "../lock.ts";
import type { StorePaths } from "../paths.ts";
import type { WrappedKey } from "./wrapped-key.ts";

const FORMAT = 1;

/** Where the store's key is kept. */
export type KeyPlace = "keyring" | "passphrase" | "file";

/** `store.json`: which key opens the store and where it is; holds no secret in clear. */
export type Description = { id: string } & (
  | { place: "keyring" }
  | { place: "file" }
  | ({ place: "passphrase" } & WrappedKey)
);

export const newStoreId = () => randomBytes(8).toString("hex");

/**
 * What a description says; pure.
 *
 * @param file its path, for messages
 * @throws M2mcpError damaged, newer_format
 */
export function parseDescription(text: string, file: string): Description {
  let found: Partial<Description & WrappedKey & { format: number }>;
  try {
    found = JSON.parse(text);
  } catch {
    throw damagedFile(file);
  }
  if (typeof found.format === "number" && found.format > FORMAT) throw newerFormat(file, found.format);
  const { format, id, place, scrypt, wrapped } = found;
  if (format !== FORMAT || typeof id !== "string") throw damagedFile(file);
  if (place === "keyring" || place === "file") return { id, place };
  if (place === "passphrase" && scrypt && wrapped) return { id, place, scrypt, wrapped };
  throw damagedFile(file);
}

/** Null where there is no store yet. @throws M2mcpError damaged, newer_format, not_readable */
export async function readDescription(paths: StorePaths): Promise<Description | null> {
  const bytes = await readBytes(paths.description);
  return bytes && parseDescription(bytes.toString("utf8"), paths.description);
}

/** Whether a store was made here, whatever state it is in. */
export const hasDescription = async (paths: StorePaths): Promise<boolean> =>
  (await readBytes(paths.description)) !== null;

/** @throws M2mcpError not_writable, lock_lost */
export function writeDescription(paths: StorePaths, description: Description, lease: Lease): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...description }, null, 2);
  return writeAtomic(paths.description, Buffer.from(`${text}\n`), {
    durable: true,
    confirm: lease.confirm,
  });
}
