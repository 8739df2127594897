import { readFileSync } from "node:fs";

interface Bun {
  zstdDecompressSync(bytes: Uint8Array): Uint8Array;
}

/** The content of a file within the executable (`EMBEDDED`). */
export function unpacked(path: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(path);
  if (!path.endsWith(".zst")) return bytes;
  const { Bun: bun } = globalThis as unknown as { Bun: Bun };
  return new Uint8Array(bun.zstdDecompressSync(bytes));
}
