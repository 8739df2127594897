import { type JsonObject, objectOf } from "../../json.ts";
import { randomBytes } from "../../platform/random.ts";
import { decrypt, encrypt, OVERHEAD_BYTES } from "../aead.ts";

/** How a wrapping key is derived from a passphrase (RFC 7914). */
export interface ScryptParameters {
  /** Base64. */
  salt: string;
  N: number;
  r: number;
  p: number;
}

export const KEY_BYTES = 32;
const WRAPPED_BYTES = KEY_BYTES + OVERHEAD_BYTES;
/** OWASP's recommendation for scrypt. */
const COST = { N: 2 ** 16, r: 8, p: 2 };

/** A key under a passphrase: base64 of nonce, AES-256-GCM ciphertext and tag. */
export interface WrappedKey {
  scrypt: ScryptParameters;
  wrapped: string;
}

/** What costs as much as ours is taken, and some times more: any other was not written by this program. */
const MOST = { N: 2 ** 18, r: 8, p: 8, product: 2 ** 23 };
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Whether a value is text of this form. */
export const hasForm = (value: unknown, form: RegExp): value is string =>
  typeof value === "string" && form.test(value);

/** A wrapped key as it was read; null when types, lengths or costs are not what a wrapped key has. */
export function parseWrappedKey({ scrypt, wrapped }: JsonObject): WrappedKey | null {
  const { salt, N, r, p } = objectOf(scrypt);
  if (!isBase64(salt, 8, 64) || !isBase64(wrapped, WRAPPED_BYTES, WRAPPED_BYTES)) return null;
  if (!isCount(N, MOST.N) || !isCount(r, MOST.r) || !isCount(p, MOST.p)) return null;
  const isPowerOfTwo = N > 1 && (N & (N - 1)) === 0;
  return isPowerOfTwo && N * r * p <= MOST.product ? { scrypt: { salt, N, r, p }, wrapped } : null;
}

function isBase64(value: unknown, minBytes: number, maxBytes: number): value is string {
  if (!hasForm(value, BASE64)) return false;
  const bytes = Buffer.from(value, "base64");
  // Whatever is cut or added somewhere does not come back the same.
  return bytes.toString("base64") === value && bytes.length >= minBytes && bytes.length <= maxBytes;
}

const isCount = (value: unknown, max: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max;

/** A key under a passphrase, with a new salt. */
export async function wrapKey(passphrase: string, key: Uint8Array): Promise<WrappedKey> {
  const scrypt = { salt: randomBytes(16).toString("base64"), ...COST };
  const wrapped = await encrypt(await derive(passphrase, scrypt), key);
  return { scrypt, wrapped: wrapped.toString("base64") };
}

/** Null when the passphrase is another. */
export const unwrapKey = async (
  passphrase: string,
  { scrypt, wrapped }: WrappedKey,
): Promise<Uint8Array | null> => decrypt(await derive(passphrase, scrypt), Buffer.from(wrapped, "base64"));

async function derive(passphrase: string, { salt, N, r, p }: ScryptParameters): Promise<Uint8Array> {
  // Web Crypto has no scrypt.
  const { scryptSync } = await import("node:crypto");
  return scryptSync(passphrase.normalize("NFKC"), Buffer.from(salt, "base64"), KEY_BYTES, {
    N,
    r,
    p,
    maxmem: 256 * N * r,
  });
}
