import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";

/** How a wrapping key is derived from a passphrase (RFC 7914). */
export interface ScryptParameters {
  /** Base64. */
  salt: string;
  N: number;
  r: number;
  p: number;
}

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** OWASP's recommendation for scrypt. */
const COST = { N: 2 ** 16, r: 8, p: 2 };

/** A key under a passphrase: base64 of nonce, AES-256-GCM ciphertext and tag. */
export interface WrappedKey {
  scrypt: ScryptParameters;
  wrapped: string;
}

export function wrapKey(passphrase: string, key: Uint8Array): WrappedKey {
  const scrypt = { salt: randomBytes(16).toString("base64"), ...COST };
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", derive(passphrase, scrypt), nonce);
  const wrapped = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { scrypt, wrapped: wrapped.toString("base64") };
}

/** Null when the passphrase is another. */
export function unwrapKey(passphrase: string, { scrypt, wrapped }: WrappedKey): Uint8Array | null {
  const bytes = Buffer.from(wrapped, "base64");
  const wrapping = derive(passphrase, scrypt);
  try {
    const decipher = createDecipheriv("aes-256-gcm", wrapping, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

const derive = (passphrase: string, { salt, N, r, p }: ScryptParameters) =>
  scryptSync(passphrase.normalize("NFKC"), Buffer.from(salt, "base64"), KEY_BYTES, {
    N,
    r,
    p,
    maxmem: 256 * N * r,
  });
