import { createHash } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import { noProofAlgorithm } from "../errors.ts";
import type { ProofKey, ProvenRequest } from "./proof-key.ts";

/** What proof keys can be made for, the one that nearly every server knows first. */
const ALGS = [
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
  "PS256",
  "RS256",
  "PS384",
  "RS384",
  "PS512",
  "RS512",
];

/**
 * The algorithm of proofs that all who named theirs know (RFC 9449 §5.1, RFC 9728 §2).
 * @throws M2mcpError no_proof_algorithm
 */
export function proofAlgorithm(offers: (string[] | undefined)[]): string {
  const alg = ALGS.find((one) => offers.every((offer) => !offer || offer.includes(one)));
  if (!alg) throw noProofAlgorithm(offers.flatMap((offer) => offer ?? []));
  return alg;
}

/** A new proof key for an algorithm; one that is there already is kept when it is for that algorithm. */
export async function proofKeyFor(alg: string, old?: ProofKey): Promise<ProofKey> {
  if (old && old.jwk.alg === alg) return old;
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { jwk: { ...(await exportJWK(privateKey)), alg } as JsonWebKey, nonces: { ...old?.nonces } };
}

const imported = new WeakMap<JsonWebKey, Promise<CryptoKey | Uint8Array>>();

/**
 * A proof for one HTTP request (RFC 9449 §4.2), good once. To the MCP server it also names the digest of the body
 * (SEP-1932, RFC 9530 §2): all calls go to one address, so that a proof without it would be good for any of them.
 * Servers that do not know the claim pass over it, as over any other.
 */
export async function createProof(
  { jwk, nonces }: ProofKey,
  { method, url, accessToken, content = "" }: ProvenRequest,
  nowMs: number,
): Promise<string> {
  const { origin, pathname } = new URL(url);
  const nonce = nonces[origin];
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor(nowMs / 1000),
    ...(nonce === undefined ? {} : { nonce }),
    ...(accessToken === undefined
      ? {}
      : {
          ath: createHash("sha256").update(accessToken).digest("base64url"),
          content_digest: `sha-256=:${createHash("sha256").update(content).digest("base64")}:`,
        }),
  };
  const alg = jwk.alg ?? "ES256";
  const key = imported.get(jwk) ?? importJWK(jwk as JWK, alg);
  imported.set(jwk, key);
  return new SignJWT(claims)
    .setProtectedHeader({ typ: "dpop+jwt", alg, jwk: publicPart(jwk) })
    .sign(await key);
}

function publicPart({ kty, crv, x, y, n, e }: JsonWebKey): JWK {
  const all = { kty, crv, x, y, n, e };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as JWK;
}
