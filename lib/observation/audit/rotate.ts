import { closeSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { wrongUsage } from "../../failure.ts";

/** When a file is moved aside, and how many are kept. */
export interface Rotation {
  maxBytes: number;
  /** Older ones beside it: FILE.1 is the latest. */
  files: number;
}

const USUAL: Rotation = { maxBytes: 64 * 1024 * 1024, files: 8 };
const UNITS: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };
/** A lock that is older is a dead process's, in ms. */
const LOCK_MS = 10_000;

/** `--audit-rotate`: `64MB,8`, or `off`; undefined where something else rotates. @throws M2mcpError (exit 1) */
export function readRotation(text: string | undefined): Rotation | undefined {
  if (text === undefined) return USUAL;
  if (/^(off|no|none|0)$/i.test(text)) return undefined;
  const [, size = "", unit = "", files] = /^(\d{1,9})\s*(kb|mb|gb)(?:,(\d{1,4}))?$/i.exec(text) ?? [];
  const maxBytes = Number(size) * (UNITS[unit.toLowerCase()] ?? 0);
  if (!(maxBytes > 0))
    throw wrongUsage(
      `--audit-rotate ${text} is no size`,
      "give it like 64MB,8: beyond 64 MB a file is moved aside, and 8 are kept; or off",
    );
  return { maxBytes, files: files === undefined ? USUAL.files : Number(files) };
}

/**
 * Moves a full file aside, unless another process does or has done. @returns whether the file is another one by now
 *
 * @param ino which file is meant
 */
export function moveAside(path: string, ino: number, { maxBytes, files }: Rotation): boolean {
  const lock = `${path}.lock`;
  try {
    closeSync(openSync(lock, "wx", 0o600));
  } catch {
    const held = statSync(lock, { throwIfNoEntry: false });
    if (held && Date.now() - held.mtimeMs > LOCK_MS) rmSync(lock, { force: true });
    return false;
  }
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there?.ino !== ino) return true;
    if (there.size < maxBytes) return false;
    rmSync(`${path}.${files}`, { force: true });
    for (let at = files - 1; at >= 1; at--) renamed(`${path}.${at}`, `${path}.${at + 1}`);
    if (files === 0) rmSync(path);
    else renameSync(path, `${path}.1`);
    return true;
  } catch {
    // Windows moves none that a virus scanner reads: lines go on where they are, and the next look tries again.
    return false;
  } finally {
    rmSync(lock, { force: true });
  }
}

function renamed(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
