// The life of tokens: one request serves all who wait, and a stale one is sent while the next is asked for.
import type { TokenOrigin } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { noAuthorizationServer } from "../discovery/errors.ts";
import { type BoundToken, headerOf, type TokenRequestReason, usableToken } from "./bound-token.ts";
import { type Freshness, freshness, isOpen } from "./freshness.ts";
import { beginRenewal, endRenewal, tokenBefore } from "./renew.ts";
import { createSingleFlight } from "./single-flight.ts";
import { boundOf, nextState, type TokenEvent, type TokenState } from "./token-state.ts";

/** What all parts of one server's authorization share. */
export interface TokenContext {
  /** With the signal that ends exchanges under way. */
  deps: AuthDeps;
  server: string;
  credentials: TokenOrigin;
  /** 0 to 1, this process's own: see `freshness`. */
  jitter: number;
}

export type CurrentToken = ReturnType<typeof createCurrentToken>;

/**
 * The token that requests are sent with: kept in memory and in the shared state, renewed in the background when it is
 * stale, and asked for by one request however many wait.
 */
export function createCurrentToken(context: TokenContext) {
  const { deps, server, jitter } = context;
  const { ask, reissue, isAsking } = createAsking(context, hold);
  let state: TokenState = { kind: "none" };

  const change = (event: TokenEvent) => {
    state = nextState(state, event);
  };
  const howFresh = (bound?: BoundToken) => freshnessOf(bound, context);

  /** Takes a token as the one to send. */
  function hold(next: BoundToken): BoundToken {
    change({ kind: "received", bound: next, origin: new URL(server).origin });
    return boundOf(state) ?? next;
  }

  function renew(): void {
    if (state.kind !== "held" || deps.signal?.aborted) return;
    const renewal = beginRenewal(deps, (of) => ask({ ahead: true }, of));
    change({ kind: "renewal_begun", renewal });
    void renewal.done.then(() => change({ kind: "renewal_ended" }));
  }

  return {
    hold,
    reissue,
    isAsking,
    ...createReplacements(context, () => boundOf(state), hold),
    /** The token to send, where it is at hand and good for a while. */
    fresh: () => (howFresh(boundOf(state)) === "fresh" ? boundOf(state) : undefined),

    /** The token to send; null where the server wants none. While one can be sent, nobody waits for the next. */
    async get(): Promise<BoundToken | null> {
      if (howFresh(boundOf(state)) === "fresh") return boundOf(state) ?? null;
      if (state.kind === "open") return null;
      const shared = await deps.read();
      const stored = usableToken(shared, {}, deps.now(), jitter);
      const best = [stored, boundOf(state)].find((one) => howFresh(one) !== "expired");
      if (!best) {
        const issued = isOpen(shared, deps.now()) ? null : await ask({});
        if (!issued) change({ kind: "found_open" });
        return issued;
      }
      const bound = hold(best);
      if (howFresh(bound) === "stale" && deps.now() >= (shared?.renewNotBeforeMs ?? 0)) renew();
      return bound;
    },

    /** Gives a renewal under way a moment; `stop` ends what takes longer. */
    end: async (stop: () => void) => state.kind === "renewing" && endRenewal(state.renewal, stop),
  };
}

/** What there is in place of a token that was refused. */
function createReplacements(
  context: TokenContext,
  current: () => BoundToken | undefined,
  hold: (bound: BoundToken) => BoundToken,
) {
  const { deps, jitter } = context;
  return {
    /** Another token that is there already in place of the one refused. */
    async other({ token }: BoundToken, more?: string[]): Promise<BoundToken | undefined> {
      const refused = headerOf(token);
      const held = more ? undefined : current();
      if (held && headerOf(held.token) !== refused && freshnessOf(held, context) !== "expired") return held;
      const stored = usableToken(await deps.read({ anew: true }), { refused, more }, deps.now(), jitter);
      return stored && hold(stored);
    },

    /** The token from before the one refused, while it is good: a renewal may bring a worse one. */
    async before({ token }: BoundToken): Promise<BoundToken | undefined> {
      const before = await tokenBefore(deps, headerOf(token), jitter);
      return before && hold(before);
    },
  };
}

/** How good a token is by now; none is as one that has expired. */
const freshnessOf = (bound: BoundToken | undefined, { deps, jitter }: TokenContext): Freshness =>
  bound ? freshness(bound.token, deps.now(), jitter) : "expired";

/** Asks for tokens: one request for all who wait for the same, in this process and, by the lock, in others. */
function createAsking(
  { deps, server, credentials, jitter }: TokenContext,
  hold: (issued: BoundToken) => BoundToken,
) {
  const requests = createSingleFlight<BoundToken | null>();

  /** Null where the server wants no token. */
  function ask(reason: TokenRequestReason, of = deps): Promise<BoundToken | null> {
    const asked = { server, credentials, reason, startedMs: deps.now(), jitter };
    return requests.run(reason.more?.join(" ") ?? "", async () => {
      // Discovery, grants and keys are loaded where a token must be asked for: most commands find one.
      const { issue } = await import("./issue.ts");
      const issued = await issue(of, asked);
      return issued && hold(issued);
    });
  }

  return {
    ask,
    /** A token for a server that has refused a request. @throws M2mcpError no_authorization_server, what `issue` throws */
    async reissue(reason: TokenRequestReason): Promise<BoundToken> {
      const first = await ask(reason);
      // What was under way when the refusal came may bring the very token that was refused.
      const isRefused = first !== null && headerOf(first.token) === reason.refused;
      const bound = isRefused ? await ask(reason) : first;
      if (!bound) throw noAuthorizationServer(server);
      return bound;
    },
    /** Whether these scopes are being asked for. */
    isAsking: (scopes: string[]): boolean => requests.isUnderWay(scopes.join(" ")),
  };
}
