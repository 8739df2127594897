import { createHash, randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";

/** The algorithm of proof keys: every server that knows DPoP knows it. */
const ALG = "ES256";

/** A proof key, and the last nonce of each server, by origin (RFC 9449 §8, §9). */
export interface ProofKey {
  jwk: JsonWebKey;
  nonces: Record<string, string>;
}

export async function createProofKey(): Promise<ProofKey> {
  const { privateKey } = await generateKeyPair(ALG, { extractable: true });
  return { jwk: (await exportJWK(privateKey)) as JsonWebKey, nonces: {} };
}

/**
 * A proof for one HTTP request (RFC 9449 §4.2), good once.
 *
 * @param accessToken the token sent with it, which it is bound to by `ath`; absent at the token endpoint
 */
export async function createProof(
  { jwk, nonces }: ProofKey,
  { method, url, accessToken }: { method: string; url: string; accessToken?: string },
  nowMs: number,
): Promise<string> {
  const { origin, pathname } = new URL(url);
  const nonce = nonces[origin];
  const { kty, crv, x, y } = jwk as JWK;
  const claims = {
    jti: randomUUID(),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(nowMs / 1000),
    ...(nonce === undefined ? {} : { nonce }),
    ...(accessToken === undefined
      ? {}
      : { ath: createHash("sha256").update(accessToken).digest("base64url") }),
  };
  const key = await importJWK(jwk as JWK, ALG);
  return new SignJWT(claims)
    .setProtectedHeader({ typ: "dpop+jwt", alg: ALG, jwk: { kty, crv, x, y } as JWK })
    .sign(key);
}

/** Takes in a nonce that a server hands out for its next request. */
export function learnNonce(key: ProofKey, url: string, headers: Headers): boolean {
  const nonce = headers.get("dpop-nonce");
  const { origin } = new URL(url);
  if (!nonce || key.nonces[origin] === nonce) return false;
  key.nonces[origin] = nonce;
  return true;
}
