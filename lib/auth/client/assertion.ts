import { randomUUID, X509Certificate } from "node:crypto";
import { importJWK, SignJWT } from "jose";
import { badKey } from "../errors.ts";
import { belongs, type PrivateKey, readPrivateKey } from "./private-key.ts";

const LIFETIME_S = 60;

/** What signs a client assertion. */
export interface SigningKey {
  /** PEM (PKCS#8, PKCS#1, SEC1, encrypted) or JWK. */
  text: string;
  passphrase?: string;
  keyId?: string;
  signingAlg?: string;
  /** PEM certificate of the key, named by its thumbprint. */
  certificate?: string;
}

/**
 * A client assertion (RFC 7523 §2.2 and §3) for `private_key_jwt`, good for a minute and once.
 *
 * @param audience the issuer, or the token endpoint where the server wants that
 * @param supported `token_endpoint_auth_signing_alg_values_supported`, when the metadata has it
 * @throws M2mcpError bad_key
 */
export async function clientAssertion(
  clientId: string,
  audience: string,
  { text, passphrase, keyId, signingAlg, certificate }: SigningKey,
  supported: string[] | undefined,
  nowMs: number,
): Promise<string> {
  const key = readPrivateKey(text, passphrase);
  const thumbprint = certificate === undefined ? undefined : thumbprintOf(certificate, key);
  const alg = chooseAlgorithm(key.algs, signingAlg, supported, thumbprint !== undefined);
  const kid = keyId ?? key.keyId;
  const nowS = Math.floor(nowMs / 1000);
  try {
    const signer = await importJWK({ ...key.jwk, alg }, alg);
    // Entra ID wants `nbf` beside the certificate; elsewhere it would only make a clock that is ahead a fault.
    return await new SignJWT(thumbprint === undefined ? {} : { nbf: nowS })
      .setProtectedHeader({
        alg,
        typ: "JWT",
        ...(kid === undefined ? {} : { kid }),
        ...(thumbprint === undefined ? {} : { "x5t#S256": thumbprint }),
      })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + LIFETIME_S)
      .setJti(randomUUID())
      .sign(signer);
  } catch {
    // The reason may quote the key.
    throw badKey(`it does not sign with ${alg}`);
  }
}

/**
 * The algorithm to sign with: the one asked for, else one that the key can do and the server knows. With a
 * certificate PS256 comes first, as Entra ID wants it.
 *
 * @throws M2mcpError bad_key
 */
export function chooseAlgorithm(
  able: string[],
  asked: string | undefined,
  supported: string[] | undefined,
  certified: boolean,
): string {
  if (asked !== undefined) {
    if (able.includes(asked)) return asked;
    throw badKey(`it does not sign with ${asked}, but with ${able.join(", ")}`);
  }
  const ordered = certified && able.includes("PS256") ? ["PS256", ...able] : able;
  const alg = supported ? ordered.find((one) => supported.includes(one)) : ordered[0];
  if (alg) return alg;
  throw badKey(
    `it signs with ${able.join(", ")}, and the authorization server takes ${supported?.join(", ") || "none"} ` +
      "(--signing-alg insists on one)",
  );
}

function thumbprintOf(pem: string, key: PrivateKey): string {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw badKey("its certificate is no PEM certificate");
  }
  if (!belongs(certificate.publicKey, key)) throw badKey("the certificate belongs to another key");
  return Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex").toString("base64url");
}
