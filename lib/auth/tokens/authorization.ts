import type { Authorization, AuthorizationHeaders, Refusal } from "../../net/authorization.ts";
import { endedEarly } from "../../net/errors.ts";
import { oneLine } from "../../net/one-line.ts";
import { clockSkew } from "../clock-skew.ts";
import type { Credentials } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { tokenChallenge } from "../discovery/token-challenge.ts";
import { accessForbidden, tokenNotAccepted } from "../errors.ts";
import { withoutSecrets } from "../redact.ts";
import { createBackground } from "./background.ts";
import { type BoundToken, headerOf } from "./bound-token.ts";
import { createCurrentToken, type TokenContext } from "./current.ts";
import { createNonceMemory } from "./nonces.ts";
import { meaningOf, type Remedy } from "./refusal.ts";
import { createReplacement } from "./replace.ts";
import { createStepUp } from "./step-up.ts";

/** An authorization that may have work in the background. */
export interface ClosableAuthorization extends Authorization {
  /** Gives what is under way in the background a moment to end, then ends it. Never rejects. */
  end(): Promise<void>;
}

/** One request as it was authorized, so that what comes of it is dealt with once. */
interface Attempt {
  /** Null: it went without a token, since the server seemed to want none. */
  bound: BoundToken | null;
  tried: readonly Remedy[];
  /** How far the server's clock was ahead of ours by its answer, in ms. */
  seenSkewMs?: number;
}

/**
 * Authorizes requests to one server. One token serves all: it is kept in memory and in the shared state, renewed in
 * the background shortly before its end, and re-issued once when it is refused, by one request however many wait.
 */
export function createAuthorization(
  outer: AuthDeps,
  { server, credentials }: { server: string; credentials: Credentials },
): ClosableAuthorization {
  const { origin, host } = new URL(server);
  const stop = new AbortController();
  const deps: AuthDeps = { ...outer, signal: stop.signal };
  const context: TokenContext = { deps, server, credentials, jitter: Math.random() };
  const attempts = new WeakMap<AuthorizationHeaders, Attempt>();
  const background = createBackground();
  const tokens = createCurrentToken(context);
  const nonces = createNonceMemory(context, background);
  const replacement = createReplacement(context, tokens, background);
  const stepUp = createStepUp(context, tokens);

  /** The next attempt after one that was refused. */
  async function after(refusal: Refusal, { bound, tried, seenSkewMs = 0 }: Attempt): Promise<Attempt> {
    const challenge = tokenChallenge(refusal.wwwAuthenticate, bound?.token.tokenType);
    const words = wordsOf(refusal, challenge?.params ?? {}, bound?.token.accessToken);
    const skewMs = seenSkewMs - (bound?.clockSkewMs ?? 0);
    const isBound = bound?.key !== undefined;
    const meaning = meaningOf(refusal.status, challenge, { isBound, skewMs, tried });
    if (!bound && meaning.kind !== "forbidden")
      return { bound: await tokens.reissue({ refused: "", challenge }), tried: ["token"] };
    if (!bound) throw accessForbidden(host, words);
    switch (meaning.kind) {
      case "nonce_wanted":
        return { bound, tried: [...tried, "nonce"] };
      case "clock_differs":
        background.run(deps.write((old) => ({ ...old, clockSkewMs: seenSkewMs })));
        return { bound: tokens.take({ ...bound, clockSkewMs: seenSkewMs }), tried: [...tried, "clock"] };
      case "insufficient_scope":
        return { bound: await stepUp.tokenFor(bound, meaning.scopes, words), tried };
      case "token_refused": {
        const next = await replacement.replace(bound, challenge, !tried.includes("token"), words);
        return { bound: next.bound, tried: next.isNew ? [...tried, "token"] : tried };
      }
      case "not_accepted":
        throw tokenNotAccepted(host, words);
      case "forbidden":
        throw accessForbidden(host, words);
    }
  }

  async function authorized(attempt: Attempt, method: string, url: string): Promise<AuthorizationHeaders> {
    if (!attempt.bound) {
      const bare: AuthorizationHeaders = {};
      attempts.set(bare, attempt);
      return bare;
    }
    const { token, key, clockSkewMs = 0 } = attempt.bound;
    const headers: AuthorizationHeaders = { authorization: headerOf(token) };
    if (key) {
      const { accessToken } = token;
      const { createProof } = await import("../client/dpop.ts");
      headers.dpop = await createProof(key, { method, url, accessToken }, deps.now() + clockSkewMs);
    }
    attempts.set(headers, attempt);
    return headers;
  }

  return {
    async headers({ method, url, refusal }) {
      // A token goes to the resource that it was issued for, whatever address is asked for.
      if (new URL(url).origin !== origin)
        throw tokenNotAccepted(new URL(url).host, `the credentials are for ${host}`);
      const refused = refusal && attempts.get(refusal.sent);
      const attempt = refused ? await after(refusal, refused) : { bound: await tokens.get(), tried: [] };
      return authorized(attempt, method, url);
    },

    learn({ status, headers, sent }) {
      const attempt = attempts.get(sent);
      if (!attempt?.bound) return;
      attempt.seenSkewMs = clockSkew({ headers }, deps.now());
      if (attempt.bound.key) nonces.learn(attempt.bound.key, headers, status);
      if (status < 400) stepUp.accepted();
      replacement.learn(attempt.bound, status);
    },

    async end() {
      await tokens.end(() => stop.abort(endedEarly()));
      stop.abort(endedEarly());
      nonces.write();
      await background.settled();
    },
  };
}

/** Why a request was refused, in the server's words and without what was sent. */
function wordsOf(
  { status, words: said }: Refusal,
  params: Record<string, string>,
  accessToken: string | undefined,
): string {
  const words = params.error_description ?? said ?? params.error ?? `HTTP status ${status}`;
  return withoutSecrets(oneLine(words), [accessToken]);
}
