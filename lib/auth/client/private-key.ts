import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
  type PrivateKeyInput,
  X509Certificate,
} from "node:crypto";
import type { JWK } from "jose";
import { isObject } from "../../json.ts";
import { oneLine } from "../../net/one-line.ts";
import { badKey } from "../errors.ts";
import { type PemKey, privateKeyBlock } from "./pem.ts";
import { decryptPkcs8, rsaPssKey } from "./pkcs8.ts";

/** A private key, ready to sign. */
export interface PrivateKey {
  jwk: JWK;
  /** The JWK's own `kid`. */
  keyId?: string;
  /** Algorithms that the key can do, the likeliest first. */
  algs: string[];
}

const CURVES: Record<string, string> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };
const DAMAGED = "it is damaged, or of a kind not known";
const RSA = ["RS256", "PS256", "RS384", "RS512", "PS384", "PS512"];

/**
 * Reads a private key: PEM of PKCS#8, PKCS#1 or SEC1, encrypted or not, or JWK.
 * @param keyId which of a set of keys (JWK Set)
 * @throws M2mcpError bad_key, which never quotes the key
 */
export function readPrivateKey(text: string, passphrase: string | undefined, keyId?: string): PrivateKey {
  const trimmed = text.trim();
  return trimmed.startsWith("{") ? fromJwk(trimmed, keyId) : fromPem(trimmed, passphrase);
}

function fromJwk(text: string, keyId: string | undefined): PrivateKey {
  let jwk: JWK & { keys?: unknown };
  try {
    jwk = JSON.parse(text);
  } catch {
    throw badKey("it begins like a JWK and is no JSON");
  }
  if (Array.isArray(jwk.keys)) jwk = oneOf(jwk.keys, keyId);
  if (typeof jwk.kty !== "string") throw badKey("it is JSON and no JWK: it has no kty");
  if (jwk.kty === "oct") throw badKey("it is a secret and no key pair (kty oct): --client-secret takes that");
  if (jwk.d === undefined) throw badKey("it is a public key: the private one is needed");
  if (typeof jwk.d !== "string") throw badKey(DAMAGED);
  const { alg } = jwk;
  const own = byRuntime({ key: jwk as JsonWebKey, format: "jwk" });
  if (!own) throw badKey(DAMAGED);
  const key = described(own, alg);
  return typeof jwk.kid === "string" ? { ...key, keyId: jwk.kid } : key;
}

/** The private key that is meant in a set (RFC 7517 §5): the one with the id. @throws M2mcpError bad_key */
function oneOf(keys: readonly unknown[], keyId: string | undefined): JWK {
  const own = keys.filter((key): key is JWK => isObject(key) && key.d !== undefined);
  if (own.length === 0) throw badKey("it is a set of keys, none of which is private");
  const meant = keyId === undefined ? [] : own.filter(({ kid }) => kid === keyId);
  const [key] = meant;
  if (key && meant.length === 1) return key;
  const ids = oneLine(own.map(({ kid }) => (typeof kid === "string" ? kid : "one without an id")).join(", "));
  throw badKey(
    keyId === undefined
      ? `it is a set of keys: --key-id names one of them (${ids})`
      : `it is a set of keys, and ${meant.length === 0 ? "none" : "more than one"} has the id of --key-id; there are ${ids}`,
  );
}

function fromPem(text: string, passphrase: string | undefined): PrivateKey {
  const key = privateKeyBlock(text);
  if (key.encrypted && passphrase === undefined)
    throw badKey("it is encrypted: give its passphrase with --private-key-passphrase-file PATH");
  const jwk = byRuntime(key.encrypted ? { key: key.pem, passphrase: passphrase ?? "" } : { key: key.pem });
  return jwk ? described(jwk) : byOurselves(key, passphrase ?? "");
}

/** PKCS#8 that this runtime does not read (pkcs8.ts has the table): decrypted here, RSA-PSS taken as what it holds. */
function byOurselves({ label, der, encrypted }: PemKey, passphrase: string): PrivateKey {
  const fault = badKey(encrypted ? "its passphrase is wrong" : DAMAGED);
  const isPkcs8 = label === "PRIVATE KEY" || label === "ENCRYPTED PRIVATE KEY";
  const plain = isPkcs8 && encrypted ? decrypted(der, passphrase) : der;
  if (!isPkcs8 || !plain) throw fault;
  const jwk = encrypted ? byRuntime({ key: plain, format: "der", type: "pkcs8" }) : null;
  if (jwk) return described(jwk);
  const pss = rsaPssKey(plain);
  const rsa = pss ? byRuntime({ key: pss.pkcs1, format: "der", type: "pkcs1" }) : null;
  if (!pss || !rsa) throw fault;
  const key = described(rsa, pss.alg);
  return { ...key, algs: pss.alg ? [pss.alg] : key.algs.filter((alg) => alg.startsWith("PS")) };
}

function decrypted(der: Buffer, passphrase: string): Buffer | null {
  try {
    return decryptPkcs8(der, passphrase);
  } catch {
    return null;
  }
}

/** A key as the runtime reads it; null where it does not, or cannot name its numbers. */
function byRuntime(input: PrivateKeyInput | JsonWebKeyInput): JWK | null {
  try {
    // The reason may quote the key, so it is not passed on.
    return createPrivateKey(input).export({ format: "jwk" }) as JWK;
  } catch {
    return null;
  }
}

/** What can be done with a key. @param alg the one algorithm that it is for */
function described(jwk: JWK, alg?: string): PrivateKey {
  const algs = algorithms(jwk);
  return { jwk, algs: alg !== undefined && algs.includes(alg) ? [alg] : algs };
}

function algorithms({ kty, crv = "", n = "" }: JWK): string[] {
  if (kty === "RSA") {
    if (Buffer.from(n, "base64url").length < 256) throw badKey("its RSA key has fewer than 2048 bits");
    return RSA;
  }
  const alg = kty === "EC" ? CURVES[crv] : undefined;
  if (alg) return [alg];
  if (kty === "OKP" && crv === "Ed25519") return ["EdDSA", "Ed25519"];
  throw badKey(`keys of the curve ${crv} sign none of the algorithms of JSON Web Signature in use`);
}

/** What the private half of a public key signs with, the likeliest first. @throws M2mcpError bad_key */
export const publicAlgorithms = (key: KeyObject): string[] =>
  algorithms(key.export({ format: "jwk" }) as JWK);

/** @throws M2mcpError bad_key */
export function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw badKey("its certificate is no PEM certificate");
  }
}

/** Whether a certificate's public key belongs to a private key. */
export function belongs(certificateKey: KeyObject, { jwk }: PrivateKey): boolean {
  const { kty, crv, x, y, n, e } = jwk;
  const own = createPublicKey({ key: { kty, crv, x, y, n, e } as JsonWebKey, format: "jwk" });
  const spki = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("hex");
  return spki(own) === spki(certificateKey);
}
