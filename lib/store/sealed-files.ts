import { dirname } from "node:path";
import { exists, writeAtomic } from "../platform/files/files.ts";
import { filesAhead } from "../platform/files/read-ahead.ts";
import type { FileContent } from "../platform/files/read-file.ts";
import type { Exposure } from "./exposure.ts";
import type { OpenKey } from "./key/key.ts";
import { belongsToProfile, profileHeader, type StorePaths, sealedFile } from "./paths.ts";
import { type Header, seal, unseal } from "./vault.ts";

/** Far above what profiles and state come to. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What reading and writing the store's files needs. */
export interface StoreAccess {
  paths: StorePaths;
  /** Opens the store's key at the first call. */
  openKey(): Promise<OpenKey>;
  exposure: Exposure;
  /** Says a line to a person, once. */
  warn(message: string): void;
}

/** The bytes of a sealed file; null when there is none. @throws M2mcpError not_readable */
export const readSealedFile = (access: StoreAccess, header: Header): Promise<FileContent | null> =>
  filesAhead.read(sealedFile(access.paths, header), MAX_BYTES);

/**
 * The value in a sealed file; null when there is none.
 *
 * @throws M2mcpError not_readable, damaged, newer_format, and what opening the key throws
 */
export async function readSealed(access: StoreAccess, header: Header): Promise<unknown> {
  const found = await readSealedFile(access, header);
  return found && unsealFile(access, header, found);
}

/** As `readSealed`, of a file that was read already. */
export async function unsealFile(
  { paths, openKey, exposure }: StoreAccess,
  header: Header,
  found: FileContent,
): Promise<unknown> {
  const file = sealedFile(paths, header);
  const { key } = await openKey();
  await Promise.all([
    exposure.checkFolder(paths.folder),
    exposure.checkFolder(dirname(file)),
    exposure.checkFile(file, found.mode),
  ]);
  return unseal(key, header, found.bytes, file);
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
  const bytes = await seal(key, header, value);
  // Of state, a power cut may bring back the old one: that costs a request, and a sync costs each time.
  const durable = header.kind !== "state";
  access.exposure.written(await writeAtomic(sealedFile(access.paths, header), bytes, { durable, confirm }));
}

/**
 * Whether an id is of a profile that was removed meanwhile: nothing of it is to be found afterwards.
 *
 * @throws M2mcpError not_readable
 */
export const isOfRemoved = async (paths: StorePaths, id: string): Promise<boolean> =>
  belongsToProfile(id) && !(await exists(sealedFile(paths, profileHeader(id))));
