import { describe, expect, test } from "bun:test";
import type { AuthState, Token } from "../../../lib/auth/credentials.ts";
import {
  isSameToOthers,
  mergeShared,
  serves,
  sharedPart,
  sharedUntilMs,
} from "../../../lib/auth/sharing/shared-part.ts";

const NOW = 1_700_000_000_000;
const token = (accessToken: string, issuedAtMs: number, more: Partial<Token> = {}): Token => ({
  accessToken,
  tokenType: "Bearer",
  issuedAtMs,
  expiresAtMs: issuedAtMs + 600_000,
  ...more,
});
const key = (x: string, nonces = {}) => ({ jwk: { kty: "EC", x, alg: "ES256" }, nonces });
const merged = (own: AuthState, theirs: AuthState, aheadMs = 0, issuer?: string) =>
  mergeShared(own, sharedPart(theirs), aheadMs, issuer);

describe("a member's state with another's", () => {
  test("of tokens the later one, with its key and scopes", () => {
    const own: AuthState = { token: token("old", NOW), dpop: key("a"), steppedUpScope: "x", clockSkewMs: 5 };
    const theirs: AuthState = { token: token("new", NOW + 1, { tokenType: "DPoP" }), dpop: key("b") };
    expect(merged(own, theirs)).toEqual({ clockSkewMs: 5, ...theirs });
    expect(merged(theirs, own)).toEqual(theirs);
  });

  test("none that was refused in favour of the one before it", () => {
    const fallen: AuthState = { token: token("old", NOW), refused: "new" };
    const holds: AuthState = { token: token("new", NOW + 1) };
    expect(merged(holds, fallen).token?.accessToken).toBe("old");
    expect(merged(fallen, holds).token?.accessToken).toBe("old");
  });

  test("a token that one has seen accepted is proven", () => {
    const unproven: AuthState = { token: token("t", NOW, { unproven: true }) };
    const proven: AuthState = { token: token("t", NOW) };
    expect(merged(proven, unproven)).toEqual(proven);
    expect(merged(unproven, proven)).toEqual(proven);
  });

  test("one key has the nonces that either knows", () => {
    const own: AuthState = { token: token("t", NOW), dpop: key("a", { x: "1" }) };
    const theirs: AuthState = { token: token("u", NOW + 1), dpop: key("a", { y: "2" }) };
    expect(merged(own, theirs).dpop?.nonces).toEqual({ x: "1", y: "2" });
    expect(isSameToOthers(own, { ...own, dpop: key("a", { z: "3" }) })).toBe(true);
    expect(isSameToOthers(own, theirs)).toBe(false);
  });

  test("a failure counts where the clocks are one: an old one played again would be of this moment by another's", () => {
    const failure = { code: "refused", exitCode: 4, message: "refused", atMs: NOW - 100_000 };
    const theirs: AuthState = { failure: failure as NonNullable<AuthState["failure"]> };
    expect(merged({}, theirs).failure).toMatchObject(failure);
    for (const aheadMs of [99_000, -99_000]) expect(merged({}, theirs, aheadMs).failure).toBeUndefined();
  });

  test("times are read by one clock", () => {
    const theirs: AuthState = { token: token("t", NOW), spare: token("s", NOW - 1) };
    const { token: shifted, spare } = merged({}, theirs, 3_600_000);
    expect([shifted?.issuedAtMs, shifted?.expiresAtMs, spare?.issuedAtMs]).toEqual([
      NOW + 3_600_000,
      NOW + 4_200_000,
      NOW + 3_599_999,
    ]);
  });

  test("nothing of another issuer, and nothing that is no state", () => {
    const found = { resource: "r", tokenEndpoint: "t", issuer: "https://evil", discoveredAtMs: NOW };
    const theirs: AuthState = { token: token("t", NOW), discovered: found };
    expect(merged({}, theirs, 0, "https://good")).toEqual({});
    expect(merged({}, theirs, 0, "https://evil").token?.accessToken).toBe("t");
    expect(mergeShared({}, { token: "x" }, 0)).toEqual({});
  });

  test("a failure that is later than the token, and none that is over", () => {
    const failure = { atMs: NOW + 5, code: "token_refused", exitCode: 4, message: "no" } as const;
    expect(merged({ token: token("t", NOW) }, { failure }).failure).toEqual(failure);
    expect(merged({ failure }, { token: token("t", NOW + 9) }).failure).toBeUndefined();
  });
});

test("what is this machine's own affair is not shared", () => {
  const own: AuthState = {
    clockSkewMs: 5,
    takenBy: "x",
    sharing: { of: "x", root: "secret", parts: "[]" },
    identityProvider: { issuer: "i", tokenEndpoint: "t", discoveredAtMs: 0, refreshToken: "secret" },
  };
  expect(sharedPart(own)).toEqual({});
  expect(isSameToOthers({}, own)).toBe(true);
});

test("a state serves while there is a token to send, or none is wanted", () => {
  expect(serves({ token: token("t", NOW) }, NOW)).toBe(true);
  expect(serves({ token: token("t", NOW) }, NOW + 600_000)).toBe(false);
  expect(serves({ token: token("t", NOW, { tokenType: "DPoP" }) }, NOW)).toBe(false);
  expect(serves({ openSinceMs: NOW }, NOW)).toBe(true);
  expect(serves({}, NOW)).toBe(false);
});

test("what is shared ends with its token", () => {
  expect(sharedUntilMs(sharedPart({ token: token("t", NOW) }), NOW)).toBe(NOW + 600_000);
  expect(sharedUntilMs({}, NOW)).toBe(NOW + 60_000);
});
