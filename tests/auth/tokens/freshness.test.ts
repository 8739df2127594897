import { expect, test } from "bun:test";
import { freshness, isOpen, OPEN_LIFE_MS } from "../../../lib/auth/tokens/freshness.ts";

const token = {
  accessToken: "t",
  tokenType: "Bearer",
  issuedAtMs: 1_000_000,
  expiresAtMs: 1_000_000 + 3_600_000,
} as const;
test("a token's freshness ends a margin before its end, never before half of it", () => {
  expect(freshness(token, 1_000_000, 0.5)).toBe("fresh");
  expect(freshness(token, 1_000_000 + 3_600_000 - 30_000, 0.5)).toBe("stale");
  expect(freshness(token, 1_000_000 + 3_600_000, 0.5)).toBe("expired");
  const short = { ...token, expiresAtMs: 1_000_000 + 20_000 };
  expect(freshness(short, 1_000_000 + 9_999, 1)).toBe("fresh");
  expect(freshness(short, 1_000_000 + 11_000, 0)).toBe("fresh");
  for (const jitter of [0, 0.5, 1]) expect(freshness(short, 1_000_000 + 13_000, jitter)).toBe("stale");
});
test("a token's freshness has no end where none was named; and one from the future is over", () => {
  const { expiresAtMs: _end, ...endless } = token;
  expect(freshness(endless, 1e15, 0)).toBe("fresh");
  expect(freshness(token, 0, 0.5)).toBe("expired");
});

test("that a server wants no token is believed for a while, and not of a moment that lies far ahead", () => {
  const at = 1e12;
  expect([0, -60_000, OPEN_LIFE_MS - 1].map((ageMs) => isOpen({ openSinceMs: at - ageMs }, at))).toEqual([
    true,
    true,
    true,
  ]);
  expect([OPEN_LIFE_MS, -OPEN_LIFE_MS].map((ageMs) => isOpen({ openSinceMs: at - ageMs }, at))).toEqual([
    false,
    false,
  ]);
});
