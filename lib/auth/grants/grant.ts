import { isObject } from "../../json.ts";
import { unexpectedStatus } from "../../net/errors.ts";
import { assertionAudience, authenticateClient, type TokenRequest } from "../client/authentication.ts";
import { readAssertion } from "../client/secrets.ts";
import type { Credentials, Discovered, Token } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { askedToWait, badTokenAnswer, notBound, tokenRefused } from "../errors.ts";
import { type Answer, exchange, serverTimeMs, waitAsked } from "../exchange.ts";
import { withoutEcho } from "../redact.ts";
import { createProof, learnNonce, type ProofKey, proofAlgorithm, proofKeyFor } from "../tokens/dpop.ts";
import { hintFor } from "./hints.ts";

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** Clocks that differ by less are no reason for a refusal, in ms. */
const SKEW_MS = 5000;
/** No token is believed to live longer, in s: ten years. */
const LONGEST_LIFE_S = 10 * 365 * 24 * 3600;

/** The scope to ask for: the user's, with what step-up gathered; else the challenge's or `scopes_supported`. */
export function wantedScope(
  credentials: Credentials,
  found: Discovered,
  steppedUp: string | undefined,
): string | undefined {
  const base = credentials.scope ?? found.scope;
  const all = new Set(
    [base, steppedUp].flatMap((scopes) => (scopes ?? "").split(" ")).filter((scope) => scope !== ""),
  );
  return all.size === 0 ? undefined : [...all].join(" ");
}

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
 * Performs the grant (RFC 6749 §4.4; RFC 7523 §2.1 for `jwt-bearer`). A refusal is final but for what belongs to the
 * way to an answer, each once: a nonce (RFC 9449 §8), a proof that the server turns out to want, and a signature dated
 * by a clock that is wrong. With `jwt-bearer` a nonce alone: the assertion may be good for one request.
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
  const tried = { nonce: false, proof: false, clock: false };
  let clockSkewMs = skewMs;
  let proofKey = credentials.dpop || found.dpop ? await newKey() : undefined;
  for (;;) {
    const askedAtMs = deps.now();
    const signedAtMs = askedAtMs + clockSkewMs;
    // Made anew each time: assertions and proofs are good once.
    const request = await tokenRequest(deps, credentials, found, scope, signedAtMs);
    const { headers, body } = request;
    if (proofKey) headers.dpop = await createProof(proofKey, { method: "POST", url }, signedAtMs);
    const told = await exchange(deps, url, { method: "POST", headers, body: body.toString() });
    const answer = withoutEcho(told, request, credentials.tokenParams ?? []);
    const error = errorOf(answer);
    const hasNonce = proofKey !== undefined && learnNonce(proofKey, url, answer.headers);
    if (hasNonce && error === "use_dpop_nonce" && !tried.nonce) {
      tried.nonce = true;
      continue;
    }
    if (error !== undefined && credentials.grant !== "jwt-bearer") {
      if (!proofKey && !tried.proof && wantsProof(error, found)) {
        tried.proof = true;
        deps.log("the authorization server wants a proof of possession (DPoP)");
        proofKey = await newKey();
        learnNonce(proofKey, url, answer.headers);
        continue;
      }
      const skewNowMs = clockSkew(answer, deps.now());
      const isSigned = credentials.authentication.kind === "private_key" || proofKey !== undefined;
      if (isSigned && !tried.clock && Math.abs(skewNowMs - clockSkewMs) > SKEW_MS && blamesClock(error)) {
        tried.clock = true;
        deps.log(`the clock here is ${inSeconds(-skewNowMs)} the server's: signing by the server's`);
        clockSkewMs = skewNowMs;
        continue;
      }
    }
    const token = checkTokenAnswer(answer, url, askedAtMs, scope, credentials);
    const { host } = new URL(url);
    if (credentials.dpop && token.tokenType !== "DPoP") throw notBound(host);
    if (token.tokenType === "DPoP" && !proofKey)
      throw badTokenAnswer(host, "it is bound to a key, and none was shown");
    return { token, clockSkewMs, ...(proofKey ? { proofKey } : {}) };
  }
}

async function tokenRequest(
  deps: AuthDeps,
  credentials: Credentials,
  found: Discovered,
  scope: string | undefined,
  signedAtMs: number,
): Promise<TokenRequest> {
  const request: TokenRequest = {
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
    body: new URLSearchParams(),
  };
  const { body } = request;
  if (credentials.grant === "jwt-bearer") {
    body.set("grant_type", JWT_BEARER);
    if (credentials.assertion)
      body.set(
        "assertion",
        await readAssertion(credentials.assertion, assertionAudience(credentials, found), deps),
      );
  } else body.set("grant_type", "client_credentials");
  if (scope !== undefined) body.set("scope", scope);
  if (credentials.resource !== null) body.set("resource", credentials.resource ?? found.resource);
  if (credentials.audience !== undefined) body.set("audience", credentials.audience);
  for (const [name, value] of credentials.tokenParams ?? []) body.append(name, value);
  await authenticateClient(request, credentials, found, deps, signedAtMs);
  return request;
}

const errorOf = ({ json }: Answer): string | undefined =>
  isObject(json) && typeof json.error === "string" ? json.error : undefined;

/** Whether a request without a proof was refused for that; `invalid_grant` means nothing else where no grant is sent. */
const wantsProof = (error: string, { dpopAlgs }: Discovered) =>
  error === "invalid_dpop_proof" ||
  error === "use_dpop_nonce" ||
  (error === "invalid_grant" && dpopAlgs !== undefined);

const blamesClock = (error: string) =>
  ["invalid_client", "invalid_dpop_proof", "invalid_grant", "invalid_request"].includes(error);

/** How far the clock of who answered is ahead of ours, in ms; `Date` has whole seconds. */
export function clockSkew({ headers }: Pick<Answer, "headers">, nowMs: number): number {
  const atMs = serverTimeMs(headers);
  return atMs === undefined ? 0 : atMs + 500 - nowMs;
}

/** A skew in words: `600 s ahead of`. */
export const inSeconds = (skewMs: number): string =>
  `${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs < 0 ? "behind" : "ahead of"}`;

/**
 * Reads the answer to a token request (RFC 6749 §5.1, §5.2).
 *
 * @param askedAtMs when the request was sent: the token's life is counted from there
 * @throws M2mcpError token_refused, scope_refused, busy, bad_token_answer
 */
export function checkTokenAnswer(
  answer: Answer,
  url: string,
  askedAtMs: number,
  asked: string | undefined,
  credentials?: Credentials,
): Token {
  const { host } = new URL(url);
  const { status, headers } = answer;
  const json = isObject(answer.json) ? answer.json : undefined;
  const waitMs = status === 429 || status === 503 ? waitAsked(headers) : undefined;
  if (waitMs !== undefined)
    throw askedToWait(host, status, Math.ceil(waitMs / 1000), new Date(askedAtMs + waitMs).toISOString());
  if (status >= 400 || typeof json?.error === "string") {
    const error = errorOf(answer);
    if (error !== undefined) {
      const description =
        typeof json?.error_description === "string" ? printable(json.error_description) : "";
      const codes = Array.isArray(json?.error_codes) ? json.error_codes.map(String) : [];
      const hint = hintFor({
        error,
        description,
        codes,
        scope: asked,
        ...(credentials ? { credentials } : {}),
      });
      throw tokenRefused(host, printable(error), description || undefined, hint);
    }
    if (status === 429 || status >= 500) throw unexpectedStatus(host, status);
    throw badTokenAnswer(host, `HTTP status ${status}`);
  }
  if (!json)
    throw badTokenAnswer(host, `the answer is ${answer.json === undefined ? "not JSON" : "no JSON object"}`);
  const { access_token: accessToken, token_type: type, expires_in: expiresIn, scope } = json;
  if (typeof accessToken !== "string" || !/^[\x21-\x7e]+$/.test(accessToken))
    throw badTokenAnswer(host, "there is no access_token in the answer");
  const tokenType = typeof type === "string" ? type.toLowerCase() : "bearer";
  if (tokenType !== "bearer" && tokenType !== "dpop")
    throw badTokenAnswer(host, `token_type ${printable(tokenType)} is not known`);
  const granted = typeof scope === "string" ? scope : asked;
  const lifeS = lifeInSeconds(expiresIn);
  return {
    accessToken,
    tokenType: tokenType === "dpop" ? "DPoP" : "Bearer",
    ...(granted === undefined ? {} : { scope: granted }),
    issuedAtMs: askedAtMs,
    ...(lifeS === undefined ? {} : { expiresAtMs: askedAtMs + lifeS * 1000 }),
  };
}

/** `expires_in`, also as text; undefined when it says nothing, since a token is never issued as already over. */
function lifeInSeconds(expiresIn: unknown): number | undefined {
  const isNumber =
    typeof expiresIn === "number" || (typeof expiresIn === "string" && expiresIn.trim() !== "");
  const seconds = isNumber ? Number(expiresIn) : Number.NaN;
  return seconds > 0 ? Math.min(seconds, LONGEST_LIFE_S) : undefined;
}

/** Server text fit for a terminal: no control characters, not too long. */
export const printable = (text: string) => text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, " ").slice(0, 300);
