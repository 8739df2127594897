interface Hasher {
  update(text: string): Hasher;
  digest(encoding: "hex" | "base64url"): string;
}

interface Bun {
  CryptoHasher: new (algorithm: "sha256") => Hasher;
}

/** SHA-256 of text. Bun has it at hand: loading node:crypto, and its streams, takes half of a bare start. */
export function sha256(text: string, encoding: "hex" | "base64url"): string {
  const bun = (globalThis as { Bun?: Bun }).Bun;
  const hasher: Hasher = bun
    ? new bun.CryptoHasher("sha256")
    : process.getBuiltinModule("node:crypto").createHash("sha256");
  return hasher.update(text).digest(encoding);
}
