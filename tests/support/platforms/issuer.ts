// Tokens as platforms issue them, and an authorization server that takes them by their keys, and nothing else.
import { createLocalJWKSet, exportJWK, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { granted, refuseToken, type TokenScript } from "../oauth/scripted-world.ts";

export interface Issuer {
  issuer: string;
  /** A token for an audience; the same for the same claims. */
  token(audience: string | string[], claims?: JWTPayload): Promise<string>;
  /** The key as a program of a test takes it, to sign by itself. */
  privateJwk: object;
  verify(token: string, audience: string): Promise<JWTPayload>;
}

/** A platform's token service, by its issuer. */
export async function makeIssuer(issuer: string, subject: string): Promise<Issuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg: "ES256", kid: "platform" };
  const keys = createLocalJWKSet({ keys: [jwk] });
  const made = new Map<string, Promise<string>>();
  return {
    issuer,
    privateJwk: await exportJWK(privateKey),
    token(audience, claims = {}) {
      const nowS = Math.floor(Date.now() / 1000);
      const all = { iss: issuer, sub: subject, aud: audience, iat: nowS, exp: nowS + 300, ...claims };
      const key = JSON.stringify([audience, claims]);
      const known = made.get(key);
      const token =
        known ??
        new SignJWT(all).setProtectedHeader({ alg: "ES256", kid: "platform", typ: "JWT" }).sign(privateKey);
      made.set(key, token);
      return token;
    },
    verify: async (token, audience) => (await jwtVerify(token, keys, { audience })).payload,
  };
}

/** What the authorization server saw of the assertions it took. */
export interface Taken {
  use: "client" | "grant";
  token: string;
  claims: JWTPayload;
  type: string | null;
  clientId: string | null;
}

/**
 * Answers token requests whose assertion is the issuer's and for the audience (RFC 7523 §3), and refuses others.
 *
 * @param audience as the authorization server wants it, by its own address
 */
export const takesAssertions =
  (platform: Issuer, audience: (use: Taken["use"], origin: string) => string, taken: Taken[]): TokenScript =>
  async (params, response, request) => {
    const use = params.has("client_assertion") ? "client" : "grant";
    const token = params.get(use === "client" ? "client_assertion" : "assertion") ?? "";
    const origin = `http://${request.headers.host}`;
    try {
      const claims = await platform.verify(token, audience(use, origin));
      const [type, clientId] = [params.get("client_assertion_type"), params.get("client_id")];
      taken.push({ use, token, claims, type, clientId });
      granted(600)(params, response, request);
    } catch (error) {
      refuseToken(response, use === "client" ? "invalid_client" : "invalid_grant", String(error));
    }
  };
