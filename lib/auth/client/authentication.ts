// How a client proves who it is: secrets, signed assertions, certificates, proofs of possession.
import { claimsOf } from "../claims.ts";
import type { Client, Credentials, Discovered, SigningSource } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import type { Audience } from "../platforms/audience.ts";
import type { IdentityMeans } from "../platforms/deps.ts";
import { clientAssertion } from "./assertion.ts";
import { readAssertion, readClientSecret } from "./secrets.ts";
import { readSigningKey } from "./signing/read-key.ts";

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:";

/** What proves the client in a token request: it is added to the request's headers and body. */
export interface TokenRequest {
  headers: Record<string, string>;
  body: URLSearchParams;
}

/** One that holds nothing but these parameters yet (RFC 6749 §4.4.2). */
export const tokenRequest = (parameters: Record<string, string> = {}): TokenRequest => ({
  headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
  body: new URLSearchParams(parameters),
});

/**
 * A value as `application/x-www-form-urlencoded` has it, for use within basic (RFC 6749 §2.3.1, appendix B); what no
 * decoder needs encoded stays, since some servers compare without decoding.
 */
const formEncode = (value: string) =>
  new URLSearchParams({ "": value })
    .toString()
    .slice(1)
    .replace(/%(7E|21|27|28|29)/g, (code) => decodeURIComponent(code));

/** A JWT-SVID, whose subject is a SPIFFE id, has a type of its own (draft-ietf-oauth-spiffe-client-auth). */
const assertionKind = (assertion: string): "jwt-bearer" | "jwt-spiffe" =>
  // What is no JWT is the server's to refuse.
  /^spiffe:\/\//i.test(claimsOf(assertion)?.sub ?? "") ? "jwt-spiffe" : "jwt-bearer";

/** `Authorization: Basic` for a client (RFC 6749 §2.3.1). */
export const basicAuthorization = (clientId: string, secret: string) =>
  `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(secret)}`, "utf8").toString("base64")}`;

/** The secret within `Authorization: Basic`, as it was before it was encoded. */
export function basicSecret(authorization: string | undefined): string | undefined {
  if (!authorization?.startsWith("Basic ")) return undefined;
  const [, secret = ""] = Buffer.from(authorization.slice("Basic ".length), "base64")
    .toString("utf8")
    .split(":");
  return new URLSearchParams(`=${secret}`).get("") ?? undefined;
}

/** The method for a secret: as asked, else post only where the metadata offers no basic (RFC 8414 §2). */
export function secretMethod(asked: string | undefined, offered: string[] | undefined): "basic" | "post" {
  if (asked !== undefined) return asked === "client_secret_post" ? "post" : "basic";
  if (!offered || offered.includes("client_secret_basic")) return "basic";
  return offered.includes("client_secret_post") ? "post" : "basic";
}

/** Whom assertions are for (RFC 7523 §3): the issuer, unless the server wants another name of itself. */
export function assertionAudience(
  { assertionAudience: asked }: Pick<Credentials, "assertionAudience">,
  { issuer, tokenEndpoint }: Pick<Discovered, "issuer" | "tokenEndpoint">,
): string {
  if (asked === undefined || asked === "issuer") return issuer ?? tokenEndpoint;
  return asked === "token-endpoint" ? tokenEndpoint : asked;
}

/** Whom a ready-made assertion is for: as asked, else by what its platform and the server expect of one another. */
export const audienceAsked = (
  credentials: Pick<Credentials, "assertionAudience">,
  found: Pick<Discovered, "issuer" | "tokenEndpoint">,
  use: "client" | "grant",
): Audience =>
  credentials.assertionAudience === undefined
    ? { use, issuer: found.issuer, tokenEndpoint: found.tokenEndpoint }
    : assertionAudience(credentials, found);

/**
 * Adds to a token request what proves the client (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2).
 *
 * @param nowMs when an assertion says that it was signed
 * @throws M2mcpError unreadable secrets, unusable keys
 */
export async function authenticateClient(
  request: TokenRequest,
  credentials: Client,
  found: Pick<Discovered, "issuer" | "tokenEndpoint" | "authMethods" | "signingAlgs">,
  deps: IdentityMeans,
  nowMs: number,
): Promise<void> {
  const { authentication, clientId } = credentials;
  const assert = (assertion: string) => {
    const type = credentials.clientAssertionType ?? `${ASSERTION_TYPE}${assertionKind(assertion)}`;
    request.body.set("client_assertion_type", type);
    request.body.set("client_assertion", assertion);
  };
  switch (authentication.kind) {
    case "secret": {
      const { secret } = await readClientSecret(authentication.secret, deps);
      if (secretMethod(authentication.method, found.authMethods) === "basic")
        request.headers.authorization = basicAuthorization(clientId, secret);
      else {
        request.body.set("client_id", clientId);
        request.body.set("client_secret", secret);
      }
      return;
    }
    case "private_key":
      request.body.set("client_id", clientId);
      assert(await clientAssertionBy(authentication, credentials, found, deps, nowMs));
      return;
    case "assertion":
      if (clientId !== "") request.body.set("client_id", clientId);
      assert(
        await readAssertion(authentication.assertion, audienceAsked(credentials, found, "client"), deps),
      );
      return;
    case "tls":
    case "none":
      if (clientId !== "") request.body.set("client_id", clientId);
  }
}

/**
 * The assertion that a private key signs for the client (RFC 7523 §2.2).
 *
 * @param nowMs when it says that it was signed
 * @throws M2mcpError unreadable or unusable keys
 */
export async function clientAssertionBy(
  source: SigningSource,
  credentials: Pick<Client, "clientId" | "assertionAudience">,
  found: Pick<Discovered, "issuer" | "tokenEndpoint" | "signingAlgs">,
  deps: Pick<AuthDeps, "env" | "signal">,
  nowMs: number,
): Promise<string> {
  const audience = assertionAudience(credentials, found);
  const signing = await readSigningKey(source, deps);
  return clientAssertion(credentials.clientId, audience, signing, found.signingAlgs, nowMs);
}
