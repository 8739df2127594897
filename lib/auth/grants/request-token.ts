import { basicSecret, type TokenRequest } from "../client/authentication.ts";
import { createProof, proofAlgorithm, proofKeyFor } from "../client/dpop.ts";
import { doubtAbout } from "../client/faults.ts";
import { learnNonce, type ProofKey } from "../client/proof-key.ts";
import { clockSkew, inSeconds } from "../clock-skew.ts";
import type { Credentials, Discovered, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { badTokenAnswer, notBound } from "../errors.ts";
import { type Answer, exchange } from "../exchange.ts";
import { withoutSentSecrets } from "./sent-secrets.ts";
import { checkTokenAnswer, errorOf } from "./token-answer.ts";
import { makeTokenRequest } from "./token-request.ts";

/** Clocks that differ by less are no reason for a refusal, in ms. */
const SKEW_MS = 5000;

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

/** What is changed before a refused request is made once more; each at most once. */
type Remedy = "nonce" | "proof" | "clock";

/** What was asked with, as far as it decides what a refusal means. */
interface Asked {
  grant: Credentials["grant"];
  hasProof: boolean;
  /** The answer brought a nonce that the proof did not have. */
  hasNewNonce: boolean;
  /** Something in the request is dated by the clock. */
  isSigned: boolean;
  /** How far the answer's clock is ahead of the one that dated the request, in ms. */
  skewMs: number;
  dpopAlgs: string[] | undefined;
  tried: readonly Remedy[];
}

/**
 * What may mend a refused token request, by its `error`: a nonce (RFC 9449 §8), a proof that the server turns out to
 * want, and a signature dated by a clock that is wrong. With `jwt-bearer` a nonce alone: the assertion may be good
 * for one request. Undefined where the refusal is final.
 */
function remedyFor(error: string | undefined, asked: Asked): Remedy | undefined {
  const { grant, hasProof, hasNewNonce, isSigned, skewMs, dpopAlgs, tried } = asked;
  if (error === "use_dpop_nonce" && hasNewNonce && !tried.includes("nonce")) return "nonce";
  if (error === undefined || grant === "jwt-bearer") return undefined;
  if (!hasProof && !tried.includes("proof") && wantsProof(error, dpopAlgs)) return "proof";
  const mayBeClock = isSigned && Math.abs(skewMs) > SKEW_MS && blamesClock(error);
  return mayBeClock && !tried.includes("clock") ? "clock" : undefined;
}

/** Whether a request without a proof was refused for that; `invalid_grant` means nothing else where no grant is sent. */
const wantsProof = (error: string, dpopAlgs: string[] | undefined) =>
  error === "invalid_dpop_proof" ||
  error === "use_dpop_nonce" ||
  (error === "invalid_grant" && dpopAlgs !== undefined);

const blamesClock = (error: string) =>
  ["invalid_client", "invalid_dpop_proof", "invalid_grant", "invalid_request"].includes(error);

/**
 * Performs the grant (RFC 6749 §4.4; RFC 7523 §2.1 for `jwt-bearer`). A refusal is final but for what `remedyFor`
 * names.
 *
 * @throws M2mcpError token_refused, bad_token_answer (exit 4), network failures (exit 3)
 */
export async function requestToken(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  { scope, proofKey: had, clockSkewMs: skewMs = 0 }: Means,
): Promise<Issued> {
  const url = credentials.tls ? (found.mtlsTokenEndpoint ?? found.tokenEndpoint) : found.tokenEndpoint;
  const newKey = () => proofKeyFor(proofAlgorithm([found.dpopAlgs, ...(found.proofAlgs ?? [])]), had);
  const tried: Remedy[] = [];
  let clockSkewMs = skewMs;
  let proofKey = credentials.dpop || found.dpop ? await newKey() : undefined;
  for (;;) {
    const askedAtMs = deps.now();
    const request = await makeTokenRequest(deps, credentials, found, scope, askedAtMs + clockSkewMs);
    const answer = await sendRequest(deps, url, request, credentials, proofKey, askedAtMs + clockSkewMs);
    const hasNewNonce = proofKey !== undefined && learnNonce(proofKey, url, answer.headers);
    const seenSkewMs = clockSkew(answer, deps.now());
    const remedy = remedyFor(errorOf(answer), {
      grant: credentials.grant,
      hasProof: proofKey !== undefined,
      hasNewNonce,
      isSigned: credentials.authentication.kind === "private_key" || proofKey !== undefined,
      skewMs: seenSkewMs - clockSkewMs,
      dpopAlgs: found.dpopAlgs,
      tried,
    });
    if (remedy === undefined) {
      const { authMethods, grants } = found;
      const asked = { credentials, authMethods, grants, doubt: doubtOf(request, credentials) };
      const token = checkTokenAnswer(answer, url, askedAtMs, scope, asked);
      requireBinding(token, credentials, proofKey, url);
      return { token, clockSkewMs, ...(proofKey ? { proofKey } : {}) };
    }
    tried.push(remedy);
    if (remedy === "proof") {
      deps.log("the authorization server wants a proof of possession (DPoP)");
      proofKey = await newKey();
      learnNonce(proofKey, url, answer.headers);
    } else if (remedy === "clock") {
      deps.log(`the clock here is ${inSeconds(-seenSkewMs)} the server's: signing by the server's`);
      clockSkewMs = seenSkewMs;
    }
  }
}

async function sendRequest(
  deps: AuthDeps,
  url: string,
  request: TokenRequest,
  { tokenParams = [] }: Credentials,
  proofKey: ProofKey | undefined,
  signedAtMs: number,
): Promise<Answer> {
  const { headers, body } = request;
  if (proofKey) headers.dpop = await createProof(proofKey, { method: "POST", url }, signedAtMs);
  const answer = await exchange(deps, url, { method: "POST", headers, body: body.toString() });
  return withoutSentSecrets(answer, request, tokenParams);
}

/** What seems wrong with what was sent as id and secret; a key or an assertion is judged where it is read. */
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
