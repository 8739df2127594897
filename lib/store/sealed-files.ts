import { dirname } from "node:path";
import { readBytes, writeAtomic } from "../platform/files.ts";
import type { OpenKey } from "./key/key.ts";
import { type StorePaths, sealedFile } from "./paths.ts";
import { type Header, seal, unseal } from "./vault.ts";

/** What reading and writing the store's files needs. */
export interface StoreAccess {
  paths: StorePaths;
  /** Opens the store's key at the first call. */
  openKey(): Promise<OpenKey>;
  /** Warns once of a file or folder that others can get at. */
  checkExposed(path: string): Promise<void>;
  /** Says a line to a person, once. */
  warn(message: string): void;
}

/**
 * The value in a sealed file; null when there is none.
 *
 * @throws M2mcpError not_readable, damaged, newer_format, and what opening the key throws
 */
export async function readSealed(access: StoreAccess, header: Header): Promise<unknown> {
  const bytes = await readBytes(sealedFile(access.paths, header));
  return bytes && unsealBytes(access, header, bytes);
}

/** As `readSealed`, of bytes that were read already. */
export async function unsealBytes(access: StoreAccess, header: Header, bytes: Uint8Array): Promise<unknown> {
  const file = sealedFile(access.paths, header);
  const { key } = await access.openKey();
  for (const path of [access.paths.folder, dirname(file), file]) await access.checkExposed(path);
  return unseal(key, header, bytes, file);
}

/**
 * @param confirm called just before the old file is replaced; what it throws keeps it
 * @throws M2mcpError not_writable, what opening the key throws, and what `confirm` throws
 */
export async function writeSealed(
  access: StoreAccess,
  header: Header,
  value: unknown,
  confirm: () => Promise<void> = async () => {},
): Promise<void> {
  const { key } = await access.openKey();
  // Of state, a power cut may bring back the old one: that costs a request, and a sync costs each time.
  const durable = header.kind === "profile";
  await writeAtomic(sealedFile(access.paths, header), seal(key, header, value), { durable, confirm });
}
