// Tokens of others that are exchanged ahead of a token request.
import { headerIn } from "../../claims.ts";
import { readAssertion } from "../../client/secrets.ts";
import type { Credentials, GivenToken } from "../../credentials.ts";
import type { Audience } from "../../platforms/audience.ts";
import type { IdentityMeans } from "../../platforms/deps.ts";
import { TOKEN_EXCHANGE, TOKEN_TYPE } from "./token-types.ts";

/** A token as it is sent, with its type (RFC 8693 §3). */
export interface SentToken {
  token: string;
  type: string;
}

/**
 * Adds the parameters of a token exchange (RFC 8693 §2.1) to a request's body.
 *
 * @param audience whom a platform's token is for
 * @throws M2mcpError unreadable sources
 */
export async function addTokenExchange(
  body: URLSearchParams,
  { subject, actor, requestedTokenType }: Pick<Credentials, "subject" | "actor" | "requestedTokenType">,
  audience: Audience,
  deps: IdentityMeans,
): Promise<void> {
  body.set("grant_type", TOKEN_EXCHANGE);
  for (const [name, given] of [
    ["subject", subject],
    ["actor", actor],
  ] as const) {
    if (!given) continue;
    const { token, type } = await readGivenToken(given, audience, deps, looksLike);
    body.set(`${name}_token`, token);
    body.set(`${name}_token_type`, type);
  }
  if (requestedTokenType !== undefined) body.set("requested_token_type", requestedTokenType);
}

/**
 * A token as its source yields it now, in the form of its type: SAML goes as base64url (RFC 8693 §3).
 *
 * @param guess its type by its look, where the user has not said
 */
export async function readGivenToken(
  { source, type }: GivenToken,
  audience: Audience,
  deps: IdentityMeans,
  guess: (token: string) => string,
): Promise<SentToken> {
  const text = await readAssertion(source, audience, deps);
  const isXml = text.startsWith("<");
  return {
    token: isXml ? Buffer.from(text, "utf8").toString("base64url") : text,
    type: type ?? (isSaml(text) ? TOKEN_TYPE.saml2 : guess(text)),
  };
}

/** The type of a token by its look: a JWT, else an access token that only its issuer reads. */
const looksLike = (token: string): string =>
  hasJoseHeader(token) ? TOKEN_TYPE.jwt : TOKEN_TYPE.access_token;

export const hasJoseHeader = (token: string): boolean => headerIn(token).alg !== undefined;

/** SAML is XML, also where it was encoded already. */
const isSaml = (text: string): boolean =>
  text.startsWith("<") || /^(PD94bWw|PHNhbWw|PEFzc2VydGlvb|PFNhbW)/.test(text);
