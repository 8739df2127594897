import { programIn } from "./bundle.ts";

/** The earliest that a zip can tell: it tells what stands on the clock, in no zone. */
const LONG_AGO = new Date(1980, 0, 1);
/** Unix, whose permissions stand in the upper half of the attributes. */
const UNIX = 3;
const mode = (bits: number) => ({ os: UNIX, attrs: (0o100_000 | bits) << 16, mtime: LONG_AGO });

/**
 * A bundle as a zip: of the same program and manifest always the same bytes.
 *
 * @param program the executable
 */
export async function pack(
  manifest: Record<string, unknown>,
  program: Uint8Array,
  platform: string,
): Promise<Uint8Array> {
  const { strToU8, zipSync } = await import("fflate");
  return zipSync({
    "manifest.json": [strToU8(`${JSON.stringify(manifest, null, 2)}\n`), { level: 6, ...mode(0o644) }],
    // A higher level takes three times as long, for a fiftieth of the size.
    [programIn(platform)]: [program, { level: 1, ...mode(0o755) }],
  });
}
