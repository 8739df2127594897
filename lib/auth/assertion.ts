import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from "node:crypto";
import { importJWK, type JWK, SignJWT } from "jose";
import { badKey } from "../errors.ts";

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
  key: SigningKey,
  supported: string[] | undefined,
  nowMs: number,
): Promise<string> {
  const { jwk, keyId } = readPrivateKey(key);
  const alg = key.signingAlg ?? signingAlg(jwk, supported);
  const kid = key.keyId ?? keyId;
  const nowS = Math.floor(nowMs / 1000);
  try {
    const signer = await importJWK({ ...jwk, alg }, alg);
    return await new SignJWT({})
      .setProtectedHeader({
        alg,
        typ: "JWT",
        ...(kid === undefined ? {} : { kid }),
        ...(key.certificate === undefined ? {} : { "x5t#S256": thumbprint(key.certificate) }),
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

function readPrivateKey({ text, passphrase }: SigningKey): { jwk: JWK; keyId: string | undefined } {
  let key: KeyObject;
  let keyId: string | undefined;
  try {
    if (text.trimStart().startsWith("{")) {
      const jwk = JSON.parse(text);
      keyId = typeof jwk.kid === "string" ? jwk.kid : undefined;
      key = createPrivateKey({ key: jwk, format: "jwk" });
    } else key = createPrivateKey(passphrase === undefined ? text : { key: text, passphrase });
    return { jwk: key.export({ format: "jwk" }) as JWK, keyId };
  } catch {
    throw badKey(
      passphrase === undefined
        ? "it is no private key, or it is encrypted"
        : "it is no private key, or the passphrase is wrong",
    );
  }
}

const CURVES: Record<string, string> = { "P-256": "ES256", "P-384": "ES384", "P-521": "ES512" };

/** The algorithm that the key can do and the server knows. */
export function signingAlg(jwk: JWK, supported: string[] | undefined): string {
  const able =
    jwk.kty === "RSA"
      ? ["RS256", "PS256", "RS384", "RS512", "PS384", "PS512"]
      : jwk.kty === "EC"
        ? [CURVES[jwk.crv ?? ""] ?? ""]
        : ["EdDSA", "Ed25519"];
  const alg = able.find((one) => supported?.includes(one)) ?? able[0];
  if (!alg) throw badKey(`its curve ${jwk.crv} is not known`);
  return alg;
}

function thumbprint(certificate: string): string {
  try {
    const hex = new X509Certificate(certificate).fingerprint256.replaceAll(":", "");
    return Buffer.from(hex, "hex").toString("base64url");
  } catch {
    throw badKey("its certificate is no PEM certificate");
  }
}
