import { expect, test } from "bun:test";
import type { Token } from "../../../lib/auth/credentials.ts";
import { boundOf, nextState, type TokenState } from "../../../lib/auth/tokens/token-state.ts";

const origin = "https://mcp.example";
const bound = (accessToken: string) => {
  const token: Token = { accessToken, tokenType: "Bearer", issuedAtMs: 0 };
  return { token };
};
const renewal = { done: Promise.resolve(), hasLock: () => false };
const received = (state: TokenState, accessToken: string) =>
  nextState(state, { kind: "received", bound: bound(accessToken), origin });

test("the token's state goes from none to held, and to renewing and back; what is adopted meanwhile stays", () => {
  const held = received({ kind: "none" }, "a");
  expect([held.kind, boundOf(held)?.token.accessToken]).toEqual(["held", "a"]);
  const renewing = nextState(held, { kind: "renewal_begun", renewal });
  expect(renewing.kind).toBe("renewing");
  const later = nextState(received(renewing, "b"), { kind: "renewal_ended" });
  expect([later.kind, boundOf(later)?.token.accessToken]).toEqual(["held", "b"]);
});

test("the token's state: without a token there is nothing to renew, and one renewal runs at a time", () => {
  expect(nextState({ kind: "none" }, { kind: "renewal_begun", renewal })).toEqual({ kind: "none" });
  const renewing = nextState(received({ kind: "none" }, "a"), { kind: "renewal_begun", renewal });
  const other = { ...renewal, hasLock: () => true };
  expect(nextState(renewing, { kind: "renewal_begun", renewal: other })).toBe(renewing);
});

test("the token's state keeps what was learnt: the clock's skew, and the nonces of a key that stays", () => {
  const key = (nonces: Record<string, string>) => ({ jwk: { kty: "EC", x: "x" }, nonces });
  const first = nextState(
    { kind: "none" },
    { kind: "received", bound: { ...bound("a"), key: key({ [origin]: "new" }), clockSkewMs: 5 }, origin },
  );
  const next = {
    ...bound("b"),
    key: key({ [origin]: "old", "https://as.example": "as" }),
    clockSkewMs: undefined,
  };
  const second = boundOf(nextState(first, { kind: "received", bound: next, origin }));
  expect(second?.clockSkewMs).toBe(5);
  expect(second?.key).toBe(boundOf(first)?.key);
  expect(second?.key?.nonces).toEqual({ [origin]: "new", "https://as.example": "as" });
});
