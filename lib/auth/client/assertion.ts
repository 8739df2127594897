import { randomUUID } from "node:crypto";
import { oneLine } from "../../net/one-line.ts";
import { badKey } from "../errors.ts";
import { openSigner, type SigningKey } from "./signing/signer.ts";

const LIFETIME_S = 60;

/** Of whom an assertion speaks, and to whom (RFC 7523 §3). */
export interface AssertionClaims {
  issuer: string;
  subject: string;
  audience: string;
}

/** A client assertion (RFC 7523 §2.2 and §3) for `private_key_jwt`, as `signAssertion` makes it. */
export const clientAssertion = (
  clientId: string,
  audience: string,
  signing: SigningKey,
  supported: string[] | undefined,
  nowMs: number,
): Promise<string> =>
  signAssertion({ issuer: clientId, subject: clientId, audience }, signing, supported, nowMs);

/**
 * An assertion that a key of the client's signs (RFC 7523 §3), good for a minute and once.
 *
 * @param supported algorithms that the server takes, where it names them
 * @throws M2mcpError bad_key, command_failed
 */
export async function signAssertion(
  { issuer, subject, audience }: AssertionClaims,
  signing: SigningKey,
  supported: string[] | undefined,
  nowMs: number,
): Promise<string> {
  const { algs, keyId, thumbprint, sign } = openSigner(signing);
  const alg = chooseAlgorithm(algs, signing.signingAlg, supported, thumbprint !== undefined);
  const nowS = Math.floor(nowMs / 1000);
  const header = {
    alg,
    typ: "JWT",
    ...(keyId === undefined ? {} : { kid: keyId }),
    ...(thumbprint === undefined ? {} : { "x5t#S256": thumbprint }),
  };
  return sign(header, {
    // Entra ID wants `nbf` beside the certificate; elsewhere it would only make a clock that is ahead a fault.
    ...(thumbprint === undefined ? {} : { nbf: nowS }),
    iss: issuer,
    sub: subject,
    aud: audience,
    iat: nowS,
    exp: nowS + LIFETIME_S,
    jti: randomUUID(),
  });
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
    throw badKey(
      `it does not sign with ${oneLine(asked, 40)}, but with ${able.join(", ")}`,
      "leave out --signing-alg, or name one of these; another kind of key signs with others",
    );
  }
  const ordered = certified && able.includes("PS256") ? ["PS256", ...able] : able;
  const alg = supported ? ordered.find((one) => supported.includes(one)) : ordered[0];
  if (alg) return alg;
  throw badKey(
    `it signs with ${able.join(", ")}, and the authorization server takes ${supported?.join(", ") || "none"} ` +
      "(--signing-alg insists on one)",
    "give a key of another kind, whose public half the server knows; or --signing-alg where its metadata is wrong",
  );
}
