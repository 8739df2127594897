const KEY_BYTES = 32;
/** Memory-hard (RFC 7914): 32 MiB, some 60 ms. */
const COST = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

/**
 * A key of a secret that may be a word which a person thought of: the same whichever way its letters were typed, as the
 * store's is.
 *
 * @param salt what it is for
 * @returns 32 bytes
 */
export function stretchedKey(secret: string, salt: string): Promise<Uint8Array> {
  // Web Crypto has no scrypt.
  const { scrypt } = process.getBuiltinModule("node:crypto");
  return new Promise((resolve, reject) =>
    scrypt(secret.normalize("NFKC"), salt, KEY_BYTES, COST, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}
