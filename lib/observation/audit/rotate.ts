import { wrongUsage } from "../../failure.ts";
import type { Rotation } from "../../platform/files/move-aside.ts";

const USUAL: Rotation = { maxBytes: 64 * 1024 * 1024, files: 8 };
const UNITS: Readonly<Record<string, number>> = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

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
