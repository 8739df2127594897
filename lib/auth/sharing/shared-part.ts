// What of the state of authorization a fleet shares, and how it goes together with a member's own. Pure.
import { type JsonObject, objectOf } from "../../json.ts";
import { isSameKey } from "../client/proof-key.ts";
import type { AuthState, Token } from "../credentials.ts";
import { usableToken } from "../tokens/bound-token.ts";
import { isOpen, OPEN_LIFE_MS } from "../tokens/freshness.ts";

/** How long a token is shared whose end is not known: it is good until it is refused, in ms. */
const ENDLESS_MS = 24 * 3_600_000;
/** How long it is shared why there is none, in ms. */
const FAILURE_MS = 60_000;

/** The members that go with the token: a bound one is worth nothing without its key. */
const OF_TOKEN = ["token", "spare", "refused", "dpop", "steppedUpScope"] as const;
/** The members that say why there is none, or none new. */
const OF_WANT = ["openSinceMs", "failure", "renewNotBeforeMs"] as const;

type Part = Pick<AuthState, (typeof OF_TOKEN)[number] | (typeof OF_WANT)[number] | "discovered">;

/** What all members share; how far a clock is off and who took a person's token are a machine's own affair. */
export const sharedPart = (state: AuthState): JsonObject => {
  const names: readonly (keyof AuthState)[] = [...OF_TOKEN, ...OF_WANT, "discovered"];
  return Object.fromEntries(
    names.flatMap((name) => (state[name] === undefined ? [] : [[name, state[name]]])),
  );
};

/** Whether two states are one to others: a server's nonces change all the time, and cost who lacks them one request. */
export const isSameToOthers = (one: AuthState, other: AuthState): boolean =>
  JSON.stringify(sharedPart(withoutNonces(one))) === JSON.stringify(sharedPart(withoutNonces(other)));

const withoutNonces = ({ dpop, ...rest }: AuthState): AuthState =>
  dpop ? { ...rest, dpop: { ...dpop, nonces: {} } } : rest;

/** Whether a state will do without asking others: there is a token to send, or none is wanted. */
export const serves = (state: AuthState, nowMs: number): boolean =>
  usableToken(state, {}, nowMs, 0) !== undefined || isOpen(state, nowMs);

/** When what is shared is over, in ms since the epoch. */
export function sharedUntilMs(shared: JsonObject, nowMs: number): number {
  const { token, openSinceMs } = shared as Part;
  if (token) return token.expiresAtMs ?? nowMs + ENDLESS_MS;
  return openSinceMs === undefined ? nowMs + FAILURE_MS : openSinceMs + OPEN_LIFE_MS;
}

/**
 * A member's state with what others have written: of tokens the later one, unless it was refused.
 *
 * @param aheadMs how far the member's clock is ahead of the writer's, in ms
 * @param issuer the only one that a token may come from, where one was named
 */
export function mergeShared(own: AuthState, theirs: JsonObject, aheadMs: number, issuer?: string): AuthState {
  const { failure, ...rest } = theirs as Part;
  // A failure that only another clock makes young may be an old one played again, which would hold all back without end.
  const other = shifted(failure && aheadMs === 0 ? { ...rest, failure } : rest, aheadMs);
  const { token, discovered } = other;
  if (token !== undefined && typeof objectOf(token).accessToken !== "string") return own;
  if (issuer !== undefined && discovered?.issuer !== undefined && discovered.issuer !== issuer) return own;
  const isTokenTheirs = token !== undefined && isLater(other, own);
  const isWantTheirs = lastMs(other) >= lastMs(own);
  return {
    ...without(own, [...(isTokenTheirs ? OF_TOKEN : []), ...(isWantTheirs ? OF_WANT : [])]),
    ...(discovered && isWantTheirs ? { discovered } : {}),
    ...(isTokenTheirs ? picked(other, OF_TOKEN) : {}),
    ...(isTokenTheirs ? proven(own, token) : {}),
    ...(isTokenTheirs ? sameKey(own, other) : {}),
    ...(isWantTheirs ? picked(other, OF_WANT) : {}),
  };
}

function isLater({ token, refused }: Part, own: AuthState): boolean {
  if (!own.token || !token) return token !== undefined;
  if (refused === own.token.accessToken) return true;
  return own.refused !== token.accessToken && token.issuedAtMs >= own.token.issuedAtMs;
}

/** A token that one member has seen accepted is proven to all. */
const proven = (own: AuthState, token: Token): Pick<AuthState, "token"> => {
  const isProven = own.token?.accessToken === token.accessToken && !own.token.unproven;
  const { unproven: _, ...rest } = token;
  return { token: isProven ? rest : token };
};

/** The nonces that either knows, where the key is one. */
const sameKey = (own: AuthState, { dpop }: Part): Pick<AuthState, "dpop"> =>
  dpop && own.dpop && isSameKey(dpop, own.dpop)
    ? { dpop: { ...dpop, nonces: { ...dpop.nonces, ...own.dpop.nonces } } }
    : {};

/** When something was found out last, in ms since the epoch. */
const lastMs = ({ token, failure, openSinceMs }: Part): number =>
  Math.max(token?.issuedAtMs ?? 0, failure?.atMs ?? 0, openSinceMs ?? 0);

function shifted(part: Part, byMs: number): Part {
  if (byMs === 0) return part;
  const later = <T extends object>(value: T, names: readonly (keyof T)[]): T => ({
    ...value,
    ...Object.fromEntries(
      names.flatMap((name) => {
        const ms = value[name];
        return typeof ms === "number" ? [[name, ms + byMs]] : [];
      }),
    ),
  });
  const { token, spare, discovered, failure } = part;
  return {
    ...later(part, ["openSinceMs", "renewNotBeforeMs"]),
    ...(token ? { token: later(token, ["issuedAtMs", "expiresAtMs"]) } : {}),
    ...(spare ? { spare: later(spare, ["issuedAtMs", "expiresAtMs"]) } : {}),
    ...(discovered ? { discovered: later(discovered, ["discoveredAtMs"]) } : {}),
    ...(failure ? { failure: later(failure, ["atMs"]) } : {}),
  };
}

const without = (state: AuthState, names: readonly (keyof AuthState)[]): AuthState =>
  Object.fromEntries(Object.entries(state).filter(([name]) => !names.some((one) => one === name)));

const picked = (part: Part, names: readonly (keyof Part)[]): Partial<AuthState> =>
  Object.fromEntries(names.flatMap((name) => (part[name] === undefined ? [] : [[name, part[name]]])));
