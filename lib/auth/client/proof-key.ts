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

/** The request that a proof is for (RFC 9449 §4.2). */
export interface ProvenRequest {
  method: string;
  url: string;
  /** The token sent with it, which the proof is bound to by `ath`; absent at the token endpoint. */
  accessToken?: string;
  /** The body sent with a token, which MCP's profile of DPoP names by its digest (SEP-1932). */
  content?: string | Uint8Array | undefined;
}
