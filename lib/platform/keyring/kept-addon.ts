// A library that is loaded cannot be removed on Windows, so that one for each start would pile up: there one file is kept.
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryIn } from "../files/files.ts";
import type { Unpacked } from "./unpack.ts";

/** Of other versions, and of processes that were killed: by then nobody is about to load it, in ms. */
const OLD_MS = 24 * 3_600_000;

/**
 * The add-on in a folder of the user's own, written where it is not there already, as it is embedded.
 *
 * @param embedded its path within the executable, whose last part tells it from that of other versions
 * @param bytes what is there, as a library
 * @throws what the file system says
 */
export function keptAddon(embedded: string, bytes: Uint8Array, folder: string): Unpacked {
  const name = embedded
    .slice(Math.max(embedded.lastIndexOf("/"), embedded.lastIndexOf("\\")) + 1)
    .replace(/\.zst$/, "");
  const path = join(folder, name);
  if (!holds(path, bytes)) write(folder, path, bytes);
  removeOld(folder, name);
  return { path, close() {} };
}

function holds(path: string, bytes: Uint8Array): boolean {
  try {
    return readFileSync(path).equals(bytes);
  } catch {
    return false;
  }
}

function write(folder: string, path: string, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = temporaryIn(folder);
  writeFileSync(temporary, bytes, { flag: "wx", mode: 0o700 });
  try {
    renameSync(temporary, path);
  } catch (error) {
    quietly(() => unlinkSync(temporary));
    // Another process was faster, and has it loaded.
    if (!holds(path, bytes)) throw error;
  }
}

function removeOld(folder: string, own: string): void {
  const before = Date.now() - OLD_MS;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (name !== own && /\.node$|^\.tmp-/.test(name))
      quietly(() => statSync(path).mtimeMs < before && unlinkSync(path));
  }
}

function quietly(work: () => unknown): void {
  try {
    work();
  } catch {
    // One that is loaded stays.
  }
}
