// AES-256-GCM (NIST SP 800-38D) by Web Crypto, which needs no module to be loaded.
import { randomBytes } from "../platform/random.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What encrypted content is longer by. */
export const OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/**
 * Nonce, ciphertext and tag.
 *
 * @param key 32 bytes
 * @param authenticated what stands beside it in clear, and must be the same when it is decrypted
 */
export async function encrypt(
  key: Uint8Array,
  content: Uint8Array,
  authenticated: Uint8Array = new Uint8Array(),
): Promise<Buffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const sealed = await crypto.subtle.encrypt(
    parametersOf(nonce, authenticated),
    await imported(key),
    plain(content),
  );
  return Buffer.concat([nonce, new Uint8Array(sealed)]);
}

/** The content; null where it was changed, or the key or what stands beside it is another. */
export async function decrypt(
  key: Uint8Array,
  bytes: Uint8Array,
  authenticated: Uint8Array = new Uint8Array(),
): Promise<Buffer | null> {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  try {
    return Buffer.from(
      await crypto.subtle.decrypt(
        parametersOf(nonce, authenticated),
        await imported(key),
        plain(bytes.subarray(NONCE_BYTES)),
      ),
    );
  } catch {
    return null;
  }
}

const parametersOf = (nonce: Uint8Array, authenticated: Uint8Array) => ({
  name: "AES-GCM",
  iv: plain(nonce),
  additionalData: plain(authenticated),
});

const keys = new WeakMap<Uint8Array, Promise<CryptoKey>>();

/** The key as Web Crypto wants it, once for all that it opens. */
function imported(key: Uint8Array): Promise<CryptoKey> {
  const found =
    keys.get(key) ?? crypto.subtle.importKey("raw", plain(key), "AES-GCM", false, ["encrypt", "decrypt"]);
  keys.set(key, found);
  return found;
}

/** The type that Web Crypto asks for: bytes in memory that is not shared. */
export const plain = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
