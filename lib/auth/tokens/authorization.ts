import { M2mcpError } from "../../failure.ts";
import { endedEarly } from "../../net/errors.ts";
import type { Authorization, AuthorizationHeaders, Credentials, Refusal } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { type Challenge, tokenChallenge } from "../discovery/challenge.ts";
import { accessForbidden, loginNeeded, stepUpRefused, tokenNotAccepted } from "../errors.ts";
import { clockSkew, printable } from "../grants/grant.ts";
import { withoutSecrets } from "../redact.ts";
import { createProof, isSameKey, learnNonce, type ProofKey } from "./dpop.ts";
import { headerOf, judgeToken, union } from "./freshness.ts";
import { type Held, issue, usable, type Wish } from "./issue.ts";

/** More scopes are asked for so often at most before the server accepts a call. */
const MAX_STEP_UPS = 3;
/** A token refused from its issue on is given up for this long; then the server may have changed its mind, in ms. */
const GIVEN_UP_MS = 60_000;
/** After a renewal before the token's end that failed, the next waits so long, in ms. */
const RENEWAL_PAUSE_MS = 20_000;
/** How long the end waits for a renewal under way, in ms. */
const END_MS = 1500;
const LOCK_GRACE_MS = 150;
/** Nonces are written down so often at most while running, in ms. */
const NONCE_WRITE_MS = 10_000;

/** One request as it was authorized, so that what comes of it is dealt with once. */
interface Attempt {
  held: Held;
  /** A token was issued for this request because the one before was refused. */
  reissued: boolean;
  nonceTried: boolean;
  clockTried: boolean;
  /** How far the server's clock was ahead of ours by its answer, in ms. */
  skewSeenMs?: number;
}

/**
 * Authorizes requests to one server. One token serves all: it is kept in memory and in the shared state, renewed in
 * the background shortly before its end, and re-issued once upon a 401, by one request however many wait.
 */
export function createAuthorization(
  outer: AuthDeps,
  { server, credentials }: { server: string; credentials: Credentials },
): Authorization {
  const { origin, host } = new URL(server);
  const jitter = Math.random();
  const stop = new AbortController();
  const deps: AuthDeps = { ...outer, signal: stop.signal };
  const attempts = new WeakMap<AuthorizationHeaders, Attempt>();
  const underWay = new Map<string, Promise<Held>>();
  const writes = new Set<Promise<unknown>>();
  /** Tokens that the server has accepted since they were issued upon a refusal. */
  const proven = new Set<string>();
  let held: Held | undefined;
  let renewal: { promise: Promise<unknown>; begun: boolean } | undefined;
  let stepUps = 0;
  let clockSkewMs = 0;
  let noncesWrittenMs = Number.NEGATIVE_INFINITY;
  let unwritten: ProofKey | undefined;

  /** Takes a token as the one to send; a key that stays the same keeps the nonces that it has learnt since. */
  function adopt(next: Held): Held {
    clockSkewMs = next.clockSkewMs ?? clockSkewMs;
    const key = held?.key;
    if (key && next.key && isSameKey(key, next.key)) {
      key.nonces = { ...key.nonces, ...next.key.nonces, ...pick(key.nonces, origin) };
      held = { ...next, key };
    } else held = next;
    return held;
  }

  const judge = ({ token }: Held) => judgeToken(token, deps.now(), jitter);
  const inBackground = (work: Promise<unknown>) => {
    const quiet = work.catch(() => {}).finally(() => writes.delete(quiet));
    writes.add(quiet);
  };

  /** One request for all who wait for the same, in this process and, by the lock, in others. */
  function reissue(wish: Wish, of = deps): Promise<Held> {
    const what = wish.more ? wish.more.join(" ") : "";
    const running = underWay.get(what);
    if (running) return running;
    const promise = issue(of, server, credentials, wish, deps.now(), jitter)
      .then(adopt)
      .finally(() => underWay.delete(what));
    underWay.set(what, promise);
    return promise;
  }

  /** The token to send. While one is good, nobody waits for the next. */
  async function current(): Promise<Held> {
    if (held && judge(held) === "good") return held;
    const state = await deps.read();
    const stored = usable(state, {}, deps.now(), jitter);
    const best = [stored, held].find((one) => one && judge(one) !== "over");
    if (!best) return reissue({});
    if (judge(best) === "aging" && deps.now() >= (state?.renewNotBeforeMs ?? 0)) renew();
    return adopt(best);
  }

  /** Renews in the background; a failure is nobody's while the token is good. */
  function renew(): void {
    if (renewal || stop.signal.aborted) return;
    const mine = { promise: Promise.resolve() as Promise<unknown>, begun: false };
    renewal = mine;
    const withLock: AuthDeps["withLock"] = (work) =>
      deps.withLock(() => {
        mine.begun = true;
        return work();
      });
    mine.promise = reissue({}, { ...deps, withLock })
      .catch(async () => {
        const renewNotBeforeMs = deps.now() + RENEWAL_PAUSE_MS;
        await deps.write((old) => ({ ...old, renewNotBeforeMs }));
      })
      .catch(() => {})
      .finally(() => {
        renewal = undefined;
      });
  }

  async function afterRefusal({ status, wwwAuthenticate, sent }: Refusal): Promise<Attempt> {
    const attempt = attempts.get(sent);
    if (!attempt) return fresh(await current());
    const { held: refused } = attempt;
    const scheme = refused.token.tokenType === "DPoP" ? "dpop" : "bearer";
    const challenge = tokenChallenge(wwwAuthenticate, scheme);
    const error = challenge?.params.error;
    const words = challenge?.params.error_description ?? error ?? `HTTP status ${status}`;
    const told = withoutSecrets(printable(words), [refused.token.accessToken]);
    if (status === 403) return { ...attempt, held: await stepUp(refused, challenge, told) };
    // The server only wants its nonce in the proof (RFC 9449 §9); `learn` has taken it in.
    if (refused.key && error === "use_dpop_nonce") {
      if (attempt.nonceTried) throw tokenNotAccepted(host, told);
      return { ...attempt, nonceTried: true };
    }
    const skewMs = attempt.skewSeenMs ?? 0;
    if (refused.key && error === "invalid_dpop_proof" && !attempt.clockTried && differs(skewMs)) {
      clockSkewMs = skewMs;
      inBackground(deps.write((old) => ({ ...old, clockSkewMs: skewMs })));
      return { ...attempt, clockTried: true };
    }
    return replace(attempt, challenge, told);
  }

  const differs = (skewMs: number) => Math.abs(skewMs - clockSkewMs) > 5000;
  const fresh = (of: Held): Attempt => ({ held: of, reissued: false, nonceTried: false, clockTried: false });

  /** Another token in place of the one refused: what is there already, else a new one, once. */
  async function replace(attempt: Attempt, challenge: Challenge | undefined, told: string): Promise<Attempt> {
    const { token } = attempt.held;
    const refused = headerOf(token);
    if (held && headerOf(held.token) !== refused && judge(held) !== "over") return { ...attempt, held };
    const state = await deps.read();
    const newer = usable(state, { refused }, deps.now(), jitter);
    if (newer) return { ...attempt, held: adopt(newer) };
    if (attempt.reissued || isGivenUp(attempt.held, state?.token)) throw tokenNotAccepted(host, told);
    return { ...attempt, held: await reissue({ refused, challenge }), reissued: true };
  }

  /** Whether a token was issued upon a refusal and has never been accepted: asking again would change nothing. */
  function isGivenUp({ token }: Held, stored: typeof token | undefined): boolean {
    const isAccepted =
      proven.has(token.accessToken) || (stored?.accessToken === token.accessToken && !stored.unproven);
    return token.unproven === true && !isAccepted && deps.now() - token.issuedAtMs < GIVEN_UP_MS;
  }

  /** A token with the scopes that a call wants besides (MCP "Step-Up Authorization Flow"). */
  async function stepUp({ token }: Held, challenge: Challenge | undefined, told: string): Promise<Held> {
    const wanted = challenge?.params.error === "insufficient_scope" ? union(challenge.params.scope) : [];
    if (wanted.length === 0) throw accessForbidden(host, told);
    const state = await deps.read();
    const refused = headerOf(token);
    const stored = usable(state, { refused, more: wanted }, deps.now(), jitter);
    if (stored) return adopt(stored);
    const had = union(token.scope, state?.steppedUpScope);
    const missing = wanted.filter((scope) => !had.includes(scope));
    if (missing.length === 0)
      throw accessForbidden(host, `${told}; it wants ${wanted.join(" ")}, not granted`);
    if (stepUps >= MAX_STEP_UPS) throw accessForbidden(host, `${told}; it wants more scopes each time`);
    const more = [...missing].sort();
    if (!underWay.has(more.join(" "))) stepUps++;
    deps.log(`asking for more scopes: ${more.join(" ")}`);
    try {
      return await reissue({ refused, more });
    } catch (error) {
      if (!(error instanceof M2mcpError) || error.exitCode !== 4) throw error;
      throw stepUpRefused(host, more.join(" "), error.message);
    }
  }

  async function authorized(attempt: Attempt, method: string, url: string): Promise<AuthorizationHeaders> {
    const { token, key } = attempt.held;
    const headers: AuthorizationHeaders = { authorization: headerOf(token) };
    if (key) {
      const signedAtMs = deps.now() + clockSkewMs;
      headers.dpop = await createProof(key, { method, url, accessToken: token.accessToken }, signedAtMs);
    }
    attempts.set(headers, attempt);
    return headers;
  }

  /** Nonces are shared too: the next process needs no refusal to learn them. */
  function keepNonces(): void {
    const key = unwritten;
    unwritten = undefined;
    noncesWrittenMs = deps.now();
    if (!key) return;
    inBackground(
      deps.write((old) =>
        old.dpop && isSameKey(old.dpop, key)
          ? { ...old, dpop: { ...old.dpop, nonces: { ...old.dpop.nonces, ...key.nonces } } }
          : old,
      ),
    );
  }

  return {
    async headers({ method, url, refusal }) {
      // A token goes to the resource that it was issued for, whatever address is asked for.
      if (new URL(url).origin !== origin)
        throw tokenNotAccepted(new URL(url).host, `the credentials are for ${host}`);
      const attempt = refusal ? await afterRefusal(refusal) : fresh(await current());
      return authorized(attempt, method, url);
    },

    learn({ status, headers, sent }) {
      const attempt = attempts.get(sent);
      if (!attempt) return;
      const { token, key } = attempt.held;
      attempt.skewSeenMs = clockSkew({ headers }, deps.now());
      if (key && learnNonce(key, origin, headers)) {
        unwritten = key;
        if (deps.now() - noncesWrittenMs > NONCE_WRITE_MS && status < 400) keepNonces();
      }
      if (status < 400) stepUps = 0;
      // Also a 403 or a 404 comes from a server that knows the token.
      if (!token.unproven || status === 401 || status >= 500 || proven.has(token.accessToken)) return;
      proven.add(token.accessToken);
      inBackground(
        deps.write((old) => {
          if (old.token?.accessToken !== token.accessToken) return old;
          const { unproven: _, ...accepted } = old.token;
          return { ...old, token: accepted };
        }),
      );
    },

    async end() {
      if (renewal) {
        // Who waits for the lock waits for another's renewal: that needs no help.
        const graceMs = renewal.begun ? END_MS : LOCK_GRACE_MS;
        const timer = setTimeout(() => stop.abort(endedEarly()), graceMs);
        const aborted = new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
        await Promise.race([renewal.promise, aborted]);
        clearTimeout(timer);
        // One that still waits for the lock has nothing to put away.
        if (renewal?.begun) await renewal.promise;
      }
      stop.abort(endedEarly());
      keepNonces();
      await Promise.all(writes);
    },
  };
}

const pick = (nonces: Record<string, string>, origin: string) =>
  nonces[origin] === undefined ? {} : { [origin]: nonces[origin] };

/** For a server that no credentials are known for: nothing is sent, and a 401 becomes advice. */
export function noAuthorization(server: string): Authorization {
  return {
    async headers({ refusal }) {
      if (!refusal) return {};
      if (refusal.status === 401) throw loginNeeded(server);
      const { error_description: described } = tokenChallenge(refusal.wwwAuthenticate)?.params ?? {};
      throw accessForbidden(new URL(server).host, described ?? `HTTP status ${refusal.status}`);
    },
    learn() {},
    async end() {},
  };
}
