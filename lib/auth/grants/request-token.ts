// Token requests of each grant, what is tried again of them, and what their answers mean.
import { basicSecret, type TokenRequest } from "../client/authentication.ts";
import { proofAlgorithm, proofKeyFor } from "../client/dpop.ts";
import { doubtAbout } from "../client/faults.ts";
import type { ProofKey } from "../client/proof-key.ts";
import { clockSkew } from "../clock-skew.ts";
import type { Credentials, Discovered, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { badTokenAnswer, notBound } from "../errors.ts";
import { givenIn } from "./given.ts";
import { faultOfGiven } from "./given-fault.ts";
import { postUntilMended } from "./post-request.ts";
import { endpointFor } from "./scope.ts";
import { checkTokenAnswer, errorOf } from "./token-answer.ts";
import { makeTokenRequest } from "./token-request.ts";

/** What a token request is made with beside the credentials. */
export interface Means {
  scope: string | undefined;
  /** The proof key there is; whether one is needed is found here. */
  proofKey?: ProofKey | undefined;
  /** How far the server's clock is ahead of ours, in ms. */
  clockSkewMs?: number | undefined;
}

/** What a token request gave. */
export interface Issued {
  token: Token;
  /** Set when the request had to be made with a proof. */
  proofKey?: ProofKey;
  clockSkewMs: number;
}

/**
 * Performs the grant (RFC 6749 §4.4; RFC 7523 §2.1 for `jwt-bearer` and `id-jag`; RFC 8693 for `token-exchange`). A
 * refusal is final but for what `postUntilMended` mends.
 *
 * @throws M2mcpError token_refused, bad_token_answer (exit 4), network failures (exit 3)
 */
export async function requestToken(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  { scope, proofKey: had, clockSkewMs: skewMs }: Means,
): Promise<Issued> {
  const url = endpointFor(credentials, found);
  const newKey = () => proofKeyFor(proofAlgorithm([found.dpopAlgs, ...(found.proofAlgs ?? [])]), had);
  const isOurs = credentials.assertion?.from === "signed";
  const { answer, request, askedAtMs, proofKey, clockSkewMs } = await postUntilMended(deps, {
    url,
    make: (signedAtMs) => makeTokenRequest(deps, credentials, found, scope, signedAtMs),
    ownParams: credentials.tokenParams,
    isSigned: isOurs || credentials.authentication.kind === "private_key",
    // The assertion of others may be good for one request; our own, and the identity provider's, are made anew.
    repeats: isOurs || credentials.grant !== "jwt-bearer",
    proofKey: credentials.dpop || found.dpop ? await newKey() : undefined,
    newKey,
    // Where no grant is sent, none can be wrong.
    grantMeansProof: credentials.grant === "client-credentials" && found.dpopAlgs !== undefined,
    clockSkewMs: skewMs,
  });
  const { authMethods, grants } = found;
  const wasAccepted = errorOf(answer) !== undefined && (await isKnownGood(deps, credentials));
  const serverNowS = (deps.now() + clockSkew(answer, deps.now())) / 1000;
  const fault = givenIn(request, credentials, found)
    .map((given) => faultOfGiven(given, serverNowS))
    .find((one) => one !== undefined);
  const doubt = doubtOf(request, credentials);
  const asked = { credentials, authMethods, grants, doubt, fault, wasAccepted };
  const token = checkTokenAnswer(answer, url, askedAtMs, scope, asked);
  requireBinding(token, credentials, proofKey, url);
  return { token, clockSkewMs, ...(proofKey ? { proofKey } : {}) };
}

/** Whether a stored secret got a token before: what is cached is of these credentials alone. */
async function isKnownGood(deps: AuthDeps, { authentication }: Credentials): Promise<boolean> {
  if (authentication.kind !== "secret" || authentication.secret.from !== "value") return false;
  return (await deps.read())?.token !== undefined;
}

/** What seems wrong with what was sent as id and secret; a key is judged where it is read, what others made by what it says itself. */
function doubtOf({ headers, body }: TokenRequest, { clientId }: Credentials): string | undefined {
  const secret = body.get("client_secret") ?? basicSecret(headers.authorization);
  return (
    doubtAbout("the client id", clientId) ??
    (secret === undefined ? undefined : doubtAbout("the client secret", secret))
  );
}

/** A token is bound to a key where that was asked for, and never to a key that is not ours. */
function requireBinding(
  { tokenType }: Token,
  { dpop }: Credentials,
  proofKey: ProofKey | undefined,
  url: string,
): void {
  const { host } = new URL(url);
  if (dpop && tokenType !== "DPoP") throw notBound(host);
  if (tokenType === "DPoP" && !proofKey)
    throw badTokenAnswer(host, "it is bound to a key, and none was shown");
}
