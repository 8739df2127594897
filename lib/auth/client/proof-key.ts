/** A proof key, and the last nonce of each server, by origin (RFC 9449 §8, §9). */
export interface ProofKey {
  /** With its `alg`. */
  jwk: JsonWebKey;
  nonces: Record<string, string>;
}

/** Whether two proof keys are one. */
export const isSameKey = (a: ProofKey, b: ProofKey): boolean => a.jwk.x === b.jwk.x && a.jwk.n === b.jwk.n;

/** Takes in a nonce that a server hands out for its next request; false when there is no new one. */
export function learnNonce(key: ProofKey, url: string, headers: Headers): boolean {
  const nonce = headers.get("dpop-nonce");
  const { origin } = new URL(url);
  if (!nonce || key.nonces[origin] === nonce) return false;
  key.nonces[origin] = nonce;
  return true;
}
