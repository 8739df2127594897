import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { badKey } from "../errors.ts";
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
const RSA = ["RS256", "PS256", "RS384", "RS512", "PS384", "PS512"];

/**
 * Reads a private key: PEM of PKCS#8, PKCS#1 or SEC1, encrypted or not, or JWK.
 * @throws M2mcpError bad_key, which never quotes the key
 */
export function readPrivateKey(text: string, passphrase: string | undefined): PrivateKey {
  const trimmed = text.trim();
  return trimmed.startsWith("{") ? fromJwk(trimmed) : fromPem(trimmed, passphrase);
}

function fromJwk(text: string): PrivateKey {
  let jwk: JWK & { keys?: unknown };
  try {
    jwk = JSON.parse(text);
  } catch {
    throw badKey("it begins like a JWK and is no JSON");
  }
  if (Array.isArray(jwk.keys)) throw badKey("it is a set of keys: give one of them");
  if (typeof jwk.d !== "string") throw badKey("it is a public key: the private one is needed");
  const { alg } = jwk;
  const key = described(() => createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" }), alg);
  return typeof jwk.kid === "string" ? { ...key, keyId: jwk.kid } : key;
}

function fromPem(text: string, passphrase: string | undefined): PrivateKey {
  // A file may hold certificates and parameters beside the key.
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g)];
  const block = blocks.find(([, label]) => label?.endsWith("PRIVATE KEY"));
  const label = block?.[1];
  if (!block || !label) {
    const other = blocks[0]?.[1];
    if (other?.endsWith("PUBLIC KEY")) throw badKey("it is a public key: the private one is needed");
    if (other?.endsWith("CERTIFICATE"))
      throw badKey("it is a certificate (--certificate takes that): the private key is needed");
    throw badKey("it is neither a PEM private key nor a JWK");
  }
  if (label === "OPENSSH PRIVATE KEY")
    throw badKey("it is in OpenSSH's own form: ssh-keygen -p -m PKCS8 -f FILE converts it");
  const [pem, , body = ""] = block;
  const encrypted = label === "ENCRYPTED PRIVATE KEY" || body.includes("ENCRYPTED");
  if (encrypted && passphrase === undefined)
    throw badKey("it is encrypted: give its passphrase with --private-key-passphrase-file PATH");
  if (label === "ENCRYPTED PRIVATE KEY") {
    let plain: Buffer | null;
    try {
      plain = decryptPkcs8(Buffer.from(body, "base64"), passphrase ?? "");
    } catch {
      throw badKey("its passphrase is wrong");
    }
    if (plain) return fromPkcs8(plain, "its passphrase is wrong");
  }
  if (label === "PRIVATE KEY") return fromPkcs8(Buffer.from(body, "base64"), undefined);
  const fault = encrypted ? "its passphrase is wrong" : undefined;
  return described(
    () => createPrivateKey(encrypted ? { key: pem, passphrase: passphrase ?? "" } : pem),
    undefined,
    fault,
  );
}

function fromPkcs8(der: Buffer, fault: string | undefined): PrivateKey {
  const pss = rsaPssKey(der);
  if (!pss)
    return described(() => createPrivateKey({ key: der, format: "der", type: "pkcs8" }), undefined, fault);
  const key = described(
    () => createPrivateKey({ key: pss.pkcs1, format: "der", type: "pkcs1" }),
    pss.alg,
    fault,
  );
  return { ...key, algs: pss.alg ? [pss.alg] : key.algs.filter((alg) => alg.startsWith("PS")) };
}

/** What can be done with a key; the reason why one cannot be read may quote it, so it is not passed on. */
function described(
  read: () => KeyObject,
  alg: string | undefined,
  fault = "it is damaged, or of a kind not known",
): PrivateKey {
  let jwk: JWK;
  try {
    jwk = read().export({ format: "jwk" }) as JWK;
  } catch {
    throw badKey(fault);
  }
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

/** Whether a certificate's public key belongs to a private key. */
export function belongs(certificateKey: KeyObject, { jwk }: PrivateKey): boolean {
  const { kty, crv, x, y, n, e } = jwk;
  const own = createPublicKey({ key: { kty, crv, x, y, n, e } as JsonWebKey, format: "jwk" });
  const spki = (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("hex");
  return spki(own) === spki(certificateKey);
}
