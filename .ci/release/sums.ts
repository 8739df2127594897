import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** @returns the file's SHA-256 in hex */
export const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

/**
 * Writes `SHA256SUMS` of every file below the folder, for `sha256sum --check`.
 *
 * @returns how many files it names
 */
export function writeSums(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    )
    .filter((path) => path !== "SHA256SUMS" && !path.startsWith(".stage/"))
    .sort();
  const lines = files.map((path) => `${sha256(join(folder, path))}  ${path}\n`);
  writeFileSync(join(folder, "SHA256SUMS"), lines.join(""));
  return files.length;
}
