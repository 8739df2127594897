import { expect, test } from "bun:test";
import type { AuthState } from "../../lib/auth/credentials.ts";
import { seenAuth } from "../../lib/verbs/observation/observation.ts";

test("state that is measured is read as it was asked for: anew, where others may know more", async () => {
  const asked: unknown[] = [];
  const ends: number[] = [];
  const state: AuthState = {
    token: { accessToken: "a", tokenType: "Bearer", issuedAtMs: 1, expiresAtMs: 5000 },
  };
  const seen = seenAuth(
    {
      async read(wanted) {
        asked.push(wanted);
        return state;
      },
      async write() {},
    },
    { tokenRequest: (work) => work(), tokenExpires: (atMs) => void ends.push(atMs) },
  );
  expect(await seen.read({ anew: true })).toBe(state);
  await seen.read();
  expect([asked, ends]).toEqual([
    [{ anew: true }, undefined],
    [5000, 5000],
  ]);
});
