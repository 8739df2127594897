// What authorizes the requests to one server, and what is done where it refuses: a nonce, a clock, a new token, more scopes.
import { addLatest } from "../../keep-latest.ts";
import type { Authorization, AuthorizationHeaders } from "../../net/authorization.ts";
import { endedEarly } from "../../net/errors.ts";
import type { ProvenRequest } from "../client/proof-key.ts";
import { clockSkew } from "../clock-skew.ts";
import type { TokenOrigin } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { tokenNotAccepted } from "../errors.ts";
import { withoutSecrets } from "../redact.ts";
import { type BoundToken, headerOf } from "../tokens/bound-token.ts";
import { createCurrentToken, type TokenContext } from "../tokens/current.ts";
import { createBackground } from "./background.ts";
import { createNonceMemory } from "./nonces.ts";
import { createReplacement } from "./replace.ts";
import { type Attempt, type Remedies, retry } from "./retry.ts";
import { createStepUp } from "./step-up.ts";

/** An authorization that may have work in the background. */
export interface ClosableAuthorization extends Authorization {
  /** Gives what is under way in the background a moment to end, then ends it. Never rejects. */
  end(): Promise<void>;
}

/**
 * Authorizes requests to one server. One token serves all: it is kept in memory and in the shared state, renewed in
 * the background shortly before its end, and re-issued once when it is refused, by one request however many wait.
 */
export function createAuthorization(
  outer: AuthDeps,
  { server, credentials }: { server: string; credentials: TokenOrigin },
): ClosableAuthorization {
  const { origin, host } = new URL(server);
  /** The address that was asked for last, of that origin. */
  let checked: string | undefined;
  const stop = new AbortController();
  const deps: AuthDeps = { ...outer, signal: stop.signal };
  const context: TokenContext = { deps, server, credentials, jitter: Math.random() };
  const background = createBackground();
  const tokens = createCurrentToken(context);
  const nonces = createNonceMemory(context, background);
  const replacement = createReplacement(context, tokens, background);
  const stepUp = createStepUp(context, tokens);
  /** The tokens that servers may repeat, the last few. */
  const sentTokens = new Set<string>();
  const attempts = createAttempts(sentTokens);
  const remedies: Remedies = { tokens, replacement, stepUp, background };

  return {
    async headers({ method, url, body, refusal }) {
      // A token goes to the resource that it was issued for, whatever address is asked for.
      if (url !== checked && new URL(url).origin !== origin)
        throw tokenNotAccepted(new URL(url).host, `the credentials are for ${host}`);
      checked = url;
      const refused = refusal && attempts.of(refusal.sent);
      const attempt = refused
        ? await retry(context, remedies, refusal, refused)
        : { bound: await tokens.get(), tried: [] };
      return attempts.note(attempt, await headersOf(attempt, { method, url, content: body }, deps.now()));
    },

    current(url) {
      const bound = url === checked ? tokens.fresh() : undefined;
      return bound && !bound.key ? attempts.ofToken(bound) : undefined;
    },

    redact: (text) => withoutSecrets(text, [...sentTokens, ...(deps.headerValues ?? [])]),

    learn({ status, headers, sent }) {
      const attempt = attempts.of(sent);
      if (!attempt?.bound) return;
      if (attempt.bound.key) {
        attempt.seenSkewMs = clockSkew({ headers }, deps.now());
        nonces.learn(attempt.bound.key, headers, status);
      }
      if (status < 400) stepUp.accepted();
      replacement.learn(attempt.bound, status, headers);
    },

    async end() {
      await tokens.end(() => stop.abort(endedEarly()));
      stop.abort(endedEarly());
      nonces.write();
      await background.settled();
    },
  };
}

/**
 * Which attempt headers were sent in. Those of a token that needs no proof are the same for every request.
 *
 * @param sentTokens takes the tokens within
 */
function createAttempts(sentTokens: Set<string>) {
  const attempts = new WeakMap<AuthorizationHeaders, Attempt>();
  let ready: { bound: BoundToken; headers: AuthorizationHeaders } | undefined;
  const note = (attempt: Attempt, headers: AuthorizationHeaders): AuthorizationHeaders => {
    attempts.set(headers, attempt);
    if (attempt.bound) addLatest(sentTokens, attempt.bound.token.accessToken, MAX_REMEMBERED);
    return headers;
  };
  return {
    note,
    of: (headers: AuthorizationHeaders) => attempts.get(headers),
    ofToken(bound: BoundToken): AuthorizationHeaders {
      if (bound !== ready?.bound)
        ready = { bound, headers: note({ bound, tried: [] }, { authorization: headerOf(bound.token) }) };
      return ready.headers;
    },
  };
}

const MAX_REMEMBERED = 8;

/** The headers of one attempt: none without a token, with a proof where the token is bound (RFC 9449 §7.1). */
async function headersOf(
  { bound }: Attempt,
  request: ProvenRequest,
  nowMs: number,
): Promise<AuthorizationHeaders> {
  if (!bound) return {};
  const { token, key, clockSkewMs = 0 } = bound;
  const headers: AuthorizationHeaders = { authorization: headerOf(token) };
  if (key) {
    const { createProof } = await import("../client/dpop.ts");
    const { accessToken } = token;
    headers.dpop = await createProof(key, { ...request, accessToken }, nowMs + clockSkewMs);
  }
  return headers;
}
