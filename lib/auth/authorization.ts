import { accessForbidden, loginNeeded, M2mcpError, tokenNotAccepted } from "../errors.ts";
import { bearerChallenge, type Challenge } from "./challenge.ts";
import type { AuthDeps } from "./deps.ts";
import { discover } from "./discovery.ts";
import { createProof, createProofKey, learnNonce, type ProofKey } from "./dpop.ts";
import { requestToken, wantedScope } from "./grant.ts";
import { probe } from "./probe.ts";
import type { Authorization, AuthState, Credentials, Discovered, Refusal, Token } from "./types.ts";

/** A token is re-issued this long before its end, in ms; never more than half its life. */
const MARGIN_MS = 60_000;
/** What is cached of the authorization server is asked for anew after this time, in ms. */
const DISCOVERY_LIFE_MS = 24 * 3_600_000;
/** Scopes are asked for beyond the first ones so often at most. */
const MAX_STEP_UPS = 3;
/** A token refused this soon after it was issued is refused for good, in ms. */
const FRESH_MS = 5000;

/** Whether a token can still be sent, and whether it is time for the next one. */
export function judgeToken(token: Token, nowMs: number, jitter: number): "good" | "aging" | "over" {
  // A token from the future was issued under a clock that was wrong.
  if (token.issuedAtMs - nowMs > 5 * 60_000) return "over";
  if (token.expiresAtMs === undefined) return "good";
  if (nowMs >= token.expiresAtMs) return "over";
  const lifeMs = token.expiresAtMs - token.issuedAtMs;
  const marginMs = Math.min(lifeMs / 2, MARGIN_MS * (0.75 + jitter / 2));
  return nowMs >= token.expiresAtMs - marginMs ? "aging" : "good";
}

/**
 * Authorizes requests to one server with the client credentials grant. One token serves all: it is kept in memory
 * and in the shared state, re-issued shortly before its end and once upon a 401, by one request however many wait.
 */
export function createAuthorization(
  deps: AuthDeps,
  { server, credentials: given }: { server: string; credentials: Credentials },
): Authorization {
  const { origin, host } = new URL(server);
  const jitter = Math.random();
  let held: Token | undefined;
  let proofKey: ProofKey | undefined;
  let issuing: Promise<Token> | undefined;
  let stepUps = 0;
  let nonceTries = 0;

  const headerOf = (token: Token) => `${token.tokenType} ${token.accessToken}`;

  /** A token in the shared state that can be used instead of `refused`. */
  async function shared(refused: string | undefined): Promise<Token | undefined> {
    const token = (await deps.read())?.token;
    if (!token || headerOf(token) === refused || judgeToken(token, deps.now(), jitter) === "over")
      return undefined;
    return token;
  }

  /** One request for all who wait, in this process and in others. */
  function reissue(
    refused: string | undefined,
    challenge: Challenge | undefined,
    steppedUp?: string,
  ): Promise<Token> {
    issuing ??= issue(refused, challenge, steppedUp).finally(() => {
      issuing = undefined;
    });
    return issuing;
  }

  async function issue(
    refused: string | undefined,
    challenge: Challenge | undefined,
    steppedUp?: string,
  ): Promise<Token> {
    const waitedSinceMs = deps.now();
    return deps.withLock(async () => {
      const state = (await deps.read()) ?? {};
      const credentials = (await deps.reload?.()) ?? given;
      const winner = steppedUp === undefined ? await shared(refused) : undefined;
      if (winner && judgeToken(winner, deps.now(), jitter) === "good") {
        held = winner;
        return winner;
      }
      // Who held the lock while we waited has just been refused: asking again would change nothing.
      const { failure } = state;
      if (failure && failure.atMs >= waitedSinceMs && steppedUp === undefined)
        throw new M2mcpError(failure.code, failure.exitCode as 2 | 3 | 4, failure.message, failure.hint);
      try {
        const found = await discovered(state, credentials, challenge);
        const gathered = steppedUp ?? state.steppedUpScope;
        const dpop = credentials.dpop || found.dpop ? (state.dpop ?? (await createProofKey())) : undefined;
        const token = await requestToken(
          deps,
          credentials,
          found,
          wantedScope(credentials, found, gathered),
          dpop,
        );
        proofKey = dpop;
        await deps.write(({ failure: _old, ...rest }) => ({
          ...rest,
          token,
          discovered: found,
          ...(dpop ? { dpop } : {}),
          ...(gathered === undefined ? {} : { steppedUpScope: gathered }),
        }));
        held = token;
        return token;
      } catch (error) {
        if (error instanceof M2mcpError) {
          const { code, exitCode, message, hint } = error;
          const told = { atMs: deps.now(), code, exitCode, message, ...(hint === undefined ? {} : { hint }) };
          await deps.write((old) => ({ ...old, failure: told }));
        }
        throw error;
      }
    });
  }

  /** What is known of the authorization server: cached, else from the challenge that the server gives. */
  async function discovered(
    state: AuthState,
    credentials: Credentials,
    challenge: Challenge | undefined,
  ): Promise<Discovered> {
    const cached = state.discovered;
    // Where no login recorded an issuer, the first one that gave a token counts as recorded.
    const issuer = credentials.issuer ?? (state.token ? cached?.issuer : undefined);
    const isCurrent =
      cached !== undefined &&
      deps.now() - cached.discoveredAtMs < DISCOVERY_LIFE_MS &&
      challenge === undefined &&
      (credentials.tokenEndpoint === undefined || credentials.tokenEndpoint === cached.tokenEndpoint) &&
      (credentials.issuer === undefined || credentials.issuer === cached.issuer);
    if (isCurrent) return cached;
    const found =
      challenge ??
      (credentials.tokenEndpoint === undefined ? (await probe(deps, server)).challenge : undefined);
    return discover(deps, server, { ...credentials, ...(issuer ? { issuer } : {}) }, found);
  }

  /** The token to send, re-issued when it is time; one that is still good survives a failed re-issue. */
  async function current(): Promise<Token> {
    let token = held;
    if (!token || judgeToken(token, deps.now(), jitter) !== "good")
      token = (await shared(undefined)) ?? token;
    const verdict = token ? judgeToken(token, deps.now(), jitter) : "over";
    if (token && verdict === "good") {
      held = token;
      return token;
    }
    try {
      return await reissue(undefined, undefined);
    } catch (error) {
      if (token && judgeToken(token, deps.now(), jitter) !== "over") return token;
      throw error;
    }
  }

  async function afterRefusal({ status, wwwAuthenticate, authorization }: Refusal): Promise<Token> {
    const challenge = bearerChallenge(wwwAuthenticate);
    const error = challenge?.params.error;
    const told = challenge?.params.error_description ?? error ?? `HTTP status ${status}`;
    if (status === 403) {
      const more = error === "insufficient_scope" ? challenge?.params.scope : undefined;
      if (more === undefined) throw accessForbidden(host, told);
      const state = await deps.read();
      const had = [held?.scope, state?.steppedUpScope].flatMap((scopes) => (scopes ?? "").split(" "));
      const missing = more.split(" ").filter((scope) => scope !== "" && !had.includes(scope));
      if (missing.length === 0 || stepUps++ >= MAX_STEP_UPS) throw accessForbidden(host, told);
      deps.log(`asking for more scopes: ${missing.join(" ")}`);
      const union = [...new Set([...had, ...missing])].filter((scope) => scope !== "").join(" ");
      return reissue(authorization ?? undefined, undefined, union);
    }
    // The server only wants its nonce in the proof (RFC 9449 §9); `learn` has taken it in.
    if (held?.tokenType === "DPoP" && error === "use_dpop_nonce" && nonceTries++ < 2) return held;
    const newer = await shared(authorization ?? undefined);
    if (newer && authorization !== null) {
      held = newer;
      return newer;
    }
    if (held && headerOf(held) === authorization && deps.now() - held.issuedAtMs < FRESH_MS)
      throw tokenNotAccepted(host, told);
    return reissue(authorization ?? undefined, challenge);
  }

  return {
    async headers({ method, url, refusal }) {
      // A token goes to the resource that it was issued for, whatever address is asked for.
      if (new URL(url).origin !== origin)
        throw tokenNotAccepted(new URL(url).host, `the credentials are for ${host}`);
      if (!refusal) nonceTries = 0;
      if (refusal?.dpopNonce && proofKey) proofKey.nonces[origin] = refusal.dpopNonce;
      const token = refusal ? await afterRefusal(refusal) : await current();
      if (token.tokenType !== "DPoP") return { authorization: headerOf(token) };
      proofKey ??= (await deps.read())?.dpop;
      // Without its key a bound token is worth nothing.
      if (!proofKey) return { authorization: headerOf(await reissue(headerOf(token), undefined)) };
      const { accessToken } = token;
      return {
        authorization: headerOf(token),
        dpop: await createProof(proofKey, { method, url, accessToken }, deps.now()),
      };
    },
    learn(headers) {
      if (proofKey) learnNonce(proofKey, origin, headers);
    },
  };
}

/** For a server that no credentials are known for: nothing is sent, and a 401 becomes advice. */
export function noAuthorization(server: string): Authorization {
  return {
    async headers({ refusal }) {
      if (!refusal) return {};
      const { params } = bearerChallenge(refusal.wwwAuthenticate) ?? { params: {} as Record<string, string> };
      if (refusal.status === 401) throw loginNeeded(server);
      throw accessForbidden(
        new URL(server).host,
        params.error_description ?? `HTTP status ${refusal.status}`,
      );
    },
    learn() {},
  };
}
