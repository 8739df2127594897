import { M2mcpError } from "../../../failure.ts";
import { claimsOf, headerIn } from "../../claims.ts";
import {
  audienceAsked,
  authenticateClient,
  type TokenRequest,
  tokenRequest,
} from "../../client/authentication.ts";
import { isPlatformSource } from "../../client/secrets.ts";
import { clockSkew } from "../../clock-skew.ts";
import type { Credentials, Discovered, IdentityProvider } from "../../credentials.ts";
import type { AuthDeps } from "../../deps.ts";
import { badTokenAnswer } from "../../errors.ts";
import { faultOfGiven } from "../given-fault.ts";
import { postUntilMended } from "../post-request.ts";
import { wantedResource } from "../scope.ts";
import { grantedIn } from "../token-answer.ts";
import { noIssuerForGrant, noProvider } from "./errors.ts";
import { findProvider, remember } from "./find-provider.ts";
import type { KnownProvider } from "./known-provider.ts";
import { hasJoseHeader, readGivenToken, type SentToken } from "./token-exchange.ts";
import { TOKEN_EXCHANGE, TOKEN_TYPE } from "./token-types.ts";
import { mayBeOfToken, vouchingHint } from "./vouching-hints.ts";

/** Whom and what a grant is wanted for. */
export interface WantedGrant {
  /** The server's authorization server. */
  found: Pick<Discovered, "issuer" | "resource">;
  scope: string | undefined;
}

/**
 * An identity assertion authorization grant (ID-JAG): the identity provider vouches for a person to the server's
 * authorization server (MCP enterprise-managed authorization §4, draft-ietf-oauth-identity-assertion-authz-grant §4.3).
 * A SAML assertion is exchanged for a refresh token first (§4.5), which is kept: the assertion is good for minutes.
 *
 * @throws M2mcpError token_refused in the identity provider's words, bad_token_answer; what reading, discovery and the
 *   network throw
 */
export async function requestIdJag(
  deps: AuthDeps,
  credentials: Credentials,
  wanted: WantedGrant,
): Promise<string> {
  const audience = wanted.found.issuer ?? credentials.issuer;
  if (audience === undefined) throw noIssuerForGrant();
  const { provider, subject } = await openProvider(deps, credentials);
  const forServer = {
    audience,
    resource: wantedResource(credentials, wanted.found),
    scope: wanted.scope,
  };
  if (subject.type !== TOKEN_TYPE.saml2 && subject.type !== TOKEN_TYPE.saml1)
    return exchangeThere(deps, provider, { given: subject, type: TOKEN_TYPE.id_jag, more: forServer });
  const kept = (await deps.read())?.identityProvider?.refreshToken;
  let refusal = "";
  const vouchedBy = (token: string) =>
    exchangeThere(deps, provider, {
      given: { token, type: TOKEN_TYPE.refresh_token },
      type: TOKEN_TYPE.id_jag,
      more: forServer,
      onRefused: (error) => {
        refusal = error;
      },
    });
  if (kept !== undefined)
    try {
      return await vouchedBy(kept);
    } catch (error) {
      if (!(error instanceof M2mcpError) || error.code !== "token_refused" || !mayBeOfToken(refusal))
        throw error;
      deps.log("the identity provider takes the refresh token no more: giving it the SAML assertion");
    }
  const refreshToken = await exchangeThere(deps, provider, {
    given: subject,
    type: TOKEN_TYPE.refresh_token,
    // What a refresh token is, to most identity providers.
    more: { scope: "openid offline_access" },
  });
  await remember(deps, { ...provider, refreshToken });
  return vouchedBy(refreshToken);
}

/** The identity provider, and what the person is known by there. */
async function openProvider(
  deps: AuthDeps,
  { subject, identityProvider }: Credentials,
): Promise<{ provider: ProviderForClient; subject: SentToken }> {
  if (!subject || !identityProvider) throw noProvider();
  // A platform's token is for somebody; a file or a command yields the same whomever it is for.
  const isAsked = isPlatformSource(subject.source);
  const early = isAsked ? undefined : await readGivenToken(subject, "", deps, identityLooksLike);
  const known = await findProvider(deps, identityProvider, early?.token);
  const audience = audienceAsked(identityProvider, known, "grant");
  const given = early ?? (await readGivenToken(subject, audience, deps, identityLooksLike));
  return { provider: { ...known, client: clientAt(identityProvider, given) }, subject: given };
}

/** An identity provider, and the client as it knows it. */
type ProviderForClient = KnownProvider & { client: IdentityProvider };

/** The type of an identity by its look: an ID token, else a refresh token, which only its issuer reads. */
const identityLooksLike = (token: string): string =>
  hasJoseHeader(token) ? TOKEN_TYPE.id_token : TOKEN_TYPE.refresh_token;

/** An ID token is for the client itself (OpenID Connect Core §2): its audience is the client's id there. */
function clientAt(provider: IdentityProvider, { token }: SentToken): IdentityProvider {
  if (provider.clientId !== "") return provider;
  const [clientId, ...more] = claimsOf(token)?.aud ?? [];
  return clientId === undefined || more.length > 0 ? provider : { ...provider, clientId };
}

/** What is given for what, and how that is asked for. */
interface TokenExchange {
  given: SentToken;
  /** Of the token that is wanted. */
  type: string;
  more: Record<string, string | undefined>;
  onRefused?: (error: string) => void;
}

/** One token exchange at the identity provider (RFC 8693 §2), with the client as it knows it. */
async function exchangeThere(
  deps: AuthDeps,
  provider: ProviderForClient,
  { given, type: wanted, more, onRefused }: TokenExchange,
): Promise<string> {
  const { client, tokenEndpoint: url } = provider;
  const make = async (signedAtMs: number): Promise<TokenRequest> => {
    const request = tokenRequest({ grant_type: TOKEN_EXCHANGE, requested_token_type: wanted });
    for (const [name, value] of Object.entries(more)) if (value !== undefined) request.body.set(name, value);
    request.body.set("subject_token", given.token);
    request.body.set("subject_token_type", given.type);
    await authenticateClient(request, client, provider, deps, signedAtMs);
    return request;
  };
  const { answer, askedAtMs } = await postUntilMended(deps, {
    url,
    make,
    isSigned: client.authentication.kind === "private_key",
    repeats: true,
  });
  const isJwt = given.type === TOKEN_TYPE.id_token;
  const person = { what: "the person's token", token: given.token, isJwt };
  const fault = faultOfGiven(person, (deps.now() + clockSkew(answer, deps.now())) / 1000);
  const asked = { provider: client, fault, audience: more.audience };
  const json = grantedIn(answer, url, askedAtMs, (refused) => {
    onRefused?.(refused.error);
    return vouchingHint(refused, asked);
  });
  const { access_token: token, issued_token_type: type } = json;
  const { host } = new URL(url);
  if (typeof token !== "string" || token === "")
    throw badTokenAnswer(host, "there is no token in the answer");
  // Whatever it is goes to another authorization server: an access token of the identity provider may not.
  const isWanted =
    typeof type === "string" ? type === wanted : wanted !== TOKEN_TYPE.id_jag || isIdJag(token);
  if (!isWanted)
    throw badTokenAnswer(
      host,
      typeof type === "string"
        ? "it issued a token of another type than the one asked for"
        : "it does not say that what it issued is an ID-JAG (issued_token_type), and it is not one by its header",
    );
  return token;
}

/** By its header (draft-ietf-oauth-identity-assertion-authz-grant §3). */
const isIdJag = (token: string): boolean => headerIn(token).typ === "oauth-id-jag+jwt";
