// What signs for a client: a private key in this process, or a command that has the key elsewhere.
import { constants, type KeyObject, verify, type X509Certificate } from "node:crypto";
import { CompactSign, importJWK, type JWTHeaderParameters } from "jose";
import { badKey } from "../../errors.ts";
import {
  belongs,
  type PrivateKey,
  publicAlgorithms,
  readCertificate,
  readPrivateKey,
} from "../private-key.ts";

/** What signs assertions. */
export interface SigningKey {
  /** PEM (PKCS#8, PKCS#1, SEC1, encrypted) or JWK; absent where something else holds the key. */
  text?: string;
  passphrase?: string;
  /** Signs in place of a key that is here: the signature as JOSE has it. */
  sign?(alg: string, signingInput: string): Promise<Buffer>;
  keyId?: string;
  signingAlg?: string;
  /** PEM certificate of the key, named by its thumbprint. */
  certificate?: string;
}

/** A key that is ready to sign. */
export interface Signer {
  /** Algorithms that it can do, the likeliest first. */
  algs: string[];
  keyId?: string;
  /** Of its certificate: `x5t#S256`. */
  thumbprint?: string;
  /** A compact JWS over claims. @throws M2mcpError bad_key, command_failed */
  sign(header: JWTHeaderParameters, claims: object): Promise<string>;
}

/** @throws M2mcpError bad_key, which never quotes the key */
export function openSigner(signing: SigningKey): Signer {
  const { keyId, sign } = signing;
  const certificate = signing.certificate === undefined ? undefined : readCertificate(signing.certificate);
  const thumbprint = certificate && thumbprintOf(certificate);
  const named = { ...(thumbprint ? { thumbprint } : {}) };
  if (sign) {
    const algs = remoteAlgorithms(signing.signingAlg, certificate);
    return { ...named, ...(keyId === undefined ? {} : { keyId }), algs, sign: remotely(sign, certificate) };
  }
  const key = readPrivateKey(signing.text ?? "", signing.passphrase, keyId);
  if (certificate && !belongs(certificate.publicKey, key))
    throw badKey("the certificate belongs to another key");
  const kid = keyId ?? key.keyId;
  return { ...named, ...(kid === undefined ? {} : { keyId: kid }), algs: key.algs, sign: locally(key) };
}

const locally =
  ({ jwk }: PrivateKey): Signer["sign"] =>
  async (header, claims) => {
    const { alg } = header;
    try {
      const key = await importJWK({ ...jwk, alg }, alg);
      return await new CompactSign(bytesOf(claims)).setProtectedHeader(header).sign(key);
    } catch {
      // The reason may quote the key.
      throw badKey(`it does not sign with ${alg}`);
    }
  };

const remotely =
  (sign: NonNullable<SigningKey["sign"]>, certificate: X509Certificate | undefined): Signer["sign"] =>
  async (header, claims) => {
    const { alg } = header;
    const input = `${encoded(header)}.${encoded(claims)}`;
    const signature = await sign(alg, input);
    if (certificate && !isSignatureOf(certificate.publicKey, alg, input, signature))
      throw badKey(`what signed is not the key of the certificate, or did not sign with ${alg}`);
    return `${input}.${signature.toString("base64url")}`;
  };

const bytesOf = (value: object) => new TextEncoder().encode(JSON.stringify(value));
const encoded = (value: object) => Buffer.from(bytesOf(value)).toString("base64url");

/** What a key elsewhere signs with: as the user says, else what its certificate's key can do. */
function remoteAlgorithms(asked: string | undefined, certificate: X509Certificate | undefined): string[] {
  const able = certificate && publicAlgorithms(certificate.publicKey);
  if (able) return able;
  if (asked !== undefined) return [asked];
  throw badKey("a command signs with it, and nothing says with which algorithm: give --signing-alg");
}

const thumbprintOf = ({ fingerprint256 }: X509Certificate): string =>
  Buffer.from(fingerprint256.replaceAll(":", ""), "hex").toString("base64url");

function isSignatureOf(key: KeyObject, alg: string, input: string, signature: Buffer): boolean {
  const hash = alg.startsWith("Ed") ? null : `sha${alg.slice(2)}`;
  const padding = alg.startsWith("PS")
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return verify(hash, Buffer.from(input), { key, dsaEncoding: "ieee-p1363", ...padding }, signature);
}
