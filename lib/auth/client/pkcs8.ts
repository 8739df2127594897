// PKCS#8 where the runtime's own `createPrivateKey` does not read it. What it reads to the end, that is to a JWK
// (measured with the versions in package.json; ours does the rest, and all of these):
//
// | PKCS#8                             | Bun 1.4 (BoringSSL) | Deno 2.9    | Node 20     |
// | ---------------------------------- | ------------------- | ----------- | ----------- |
// | RSA, EC, Ed25519, not encrypted    | yes                 | yes         | yes         |
// | RSASSA-PSS (RFC 4055)              | no                  | no JWK      | no JWK      |
// | PBES2, AES, HMAC-SHA256            | yes                 | yes         | yes         |
// | PBES2, AES, HMAC-SHA1              | yes                 | no          | yes         |
// | PBES2, AES, HMAC-SHA512            | no                  | yes         | yes         |
// | PBES2, 3DES                        | yes                 | no          | yes         |
// | PBES2, scrypt (RFC 7914)           | no                  | yes         | yes         |
import { createDecipheriv, pbkdf2Sync, scryptSync } from "node:crypto";

/** One element of DER (X.690): its tag, what is in it, and all of it. */
interface Element {
  tag: number;
  value: Buffer;
  whole: Buffer;
}

/** The elements that bytes consist of. @throws RangeError when they are no DER */
export function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = bytes.readUInt8(at++);
    let length = bytes.readUInt8(at++);
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 4) throw new RangeError("no DER");
      length = bytes.readUIntBE(at, size);
      at += size;
    }
    if (at + length > bytes.length) throw new RangeError("no DER");
    const end = at + length;
    found.push({ tag, value: bytes.subarray(at, end), whole: bytes.subarray(start, end) });
    at = end;
  }
  return found;
}

/** What an element holds, when it has at least so many parts. */
function parts(element: Element | undefined, least: number): Element[] {
  const found = element ? elements(element.value) : [];
  if (found.length < least) throw new RangeError("no DER");
  return found;
}
const number = (element: Element | undefined) =>
  element ? Number.parseInt(element.value.toString("hex"), 16) : Number.NaN;
const oid = (element: Element | undefined) => element?.value.toString("hex");

const RSASSA_PSS = "2a864886f70d01010a";
const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const SCRYPT = "2b06010401da47040b";
/** Hashes of PBKDF2's HMAC (RFC 8018 §B.1.2) and of RSASSA-PSS (RFC 4055 §2.1), by OID. */
const PRF: Record<string, string> = {
  "2a864886f70d0207": "sha1",
  "2a864886f70d0208": "sha224",
  "2a864886f70d0209": "sha256",
  "2a864886f70d020a": "sha384",
  "2a864886f70d020b": "sha512",
};
const PSS_HASH: Record<string, string> = {
  "608648016503040201": "PS256",
  "608648016503040202": "PS384",
  "608648016503040203": "PS512",
};
const CIPHER: Record<string, [name: string, keyBytes: number]> = {
  "60864801650304012a": ["aes-256-cbc", 32],
  "608648016503040116": ["aes-192-cbc", 24],
  "608648016503040102": ["aes-128-cbc", 16],
  "2a864886f70d0307": ["des-ede3-cbc", 24],
};

/**
 * The key within an RSASSA-PSS private key (PKCS#8 of RFC 4055), which not every runtime reads: as PKCS#1, with the
 * one algorithm that the key is restricted to, if it is. Null for a key of another kind.
 */
export function rsaPssKey(pkcs8: Buffer): { pkcs1: Buffer; alg: string | undefined } | null {
  try {
    const [, algorithm, key] = parts(elements(pkcs8)[0], 3);
    const [id, restriction] = parts(algorithm, 1);
    if (oid(id) !== RSASSA_PSS || !key) return null;
    const hash = restriction ? elements(restriction.value).find(({ tag }) => tag === 0xa0) : undefined;
    const [hashId] = hash ? parts(parts(hash, 1)[0], 1) : [];
    return { pkcs1: key.value, alg: PSS_HASH[oid(hashId) ?? ""] };
  } catch {
    return null;
  }
}

/**
 * Decrypts an `ENCRYPTED PRIVATE KEY` (PKCS#8 with PBES2, RFC 8018 §6.2; scrypt by RFC 7914 §7), of which runtimes
 * know some forms only.
 *
 * @returns the key as PKCS#8; null when the form is not known
 * @throws Error when the passphrase is wrong
 */
export function decryptPkcs8(encrypted: Buffer, passphrase: string): Buffer | null {
  const form = readForm(encrypted);
  if (!form) return null;
  const decipher = createDecipheriv(form.cipher, form.deriveKey(passphrase), form.iv);
  return Buffer.concat([decipher.update(form.content), decipher.final()]);
}

function readForm(encrypted: Buffer) {
  try {
    const [algorithm, content] = parts(elements(encrypted)[0], 2);
    const [scheme, settings] = parts(algorithm, 2);
    const [derivation, encryption] = parts(settings, 2);
    const [cipherId, iv] = parts(encryption, 2);
    const [name, keyBytes] = CIPHER[oid(cipherId) ?? ""] ?? [];
    const deriveKey = readDerivation(derivation, keyBytes ?? 0);
    if (oid(scheme) !== PBES2 || !content || !iv || !name || !deriveKey) return null;
    return { cipher: name, iv: iv.value, content: content.value, deriveKey };
  } catch {
    return null;
  }
}

function readDerivation(derivation: Element | undefined, keyBytes: number) {
  const [id, settings] = parts(derivation, 2);
  const [salt, ...rest] = parts(settings, 2);
  if (!salt) return null;
  if (oid(id) === SCRYPT) {
    const [N, r, p] = [number(rest[0]), number(rest[1]), number(rest[2])];
    return (passphrase: string) =>
      scryptSync(passphrase, salt.value, keyBytes, { N, r, p, maxmem: 256 * N * r + 1024 * 1024 });
  }
  if (oid(id) !== PBKDF2) return null;
  const prf = rest.find(({ tag }) => tag === 0x30);
  const digest = prf ? PRF[oid(parts(prf, 1)[0]) ?? ""] : "sha1";
  if (!digest) return null;
  return (passphrase: string) => pbkdf2Sync(passphrase, salt.value, number(rest[0]), keyBytes, digest);
}
