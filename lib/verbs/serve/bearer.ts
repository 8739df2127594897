import { readSecret } from "../../auth/client/secrets.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import type { Bearer } from "../../hosts/serve/http/admission.ts";

/** A file that was changed is read anew after so long at most, in ms. */
const FRESH_MS = 1000;
/** Beside the rest of a request's head, which is 32 KB at most. */
const MOST_CHARS = 16_384;
/** Where one that is shown does not fit, so long after it was read last, in ms. */
const SOON_MS = 100;

/**
 * The bearer that a file holds by now: secrets are rotated while we run. One that cannot be read any more stays what it was.
 *
 * @param warn told what a person should know
 * @throws M2mcpError where it cannot be read, or holds what no client can send (exit 1, 4)
 */
export async function watchBearer(
  path: string,
  env: Record<string, string | undefined>,
  warn: (line: string) => void,
): Promise<Bearer> {
  const read = async () => {
    const text = (await readSecret({ from: "file", path }, env)).trim();
    // RFC 6750 §2.1, without its padding's place: what fits into a header.
    if (!/^[\x21-\x7e]+$/.test(text) || text.length > MOST_CHARS)
      throw wrongUsage(
        `what ${path} holds is no bearer`,
        "put one word of visible ASCII characters there, 16384 at most, as of openssl rand -hex 32",
      );
    return text;
  };
  let current = await read();
  let readMs = performance.now();
  let reading: Promise<void> | undefined;
  let trouble = "";
  const again = async () => {
    try {
      current = await read();
      trouble = "";
    } catch (error) {
      const words = error instanceof M2mcpError ? error.message : "it cannot be read";
      if (words !== trouble) warn(`the bearer stays what it was: ${words}`);
      trouble = words;
    }
    readMs = performance.now();
    reading = undefined;
  };
  return {
    now: () => current,
    fresh(isRefused) {
      if (performance.now() - readMs < (isRefused ? SOON_MS : FRESH_MS)) return reading;
      reading ??= again();
      return reading;
    },
  };
}
