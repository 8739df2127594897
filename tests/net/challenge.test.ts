import { expect, test } from "bun:test";
import { parseChallenges } from "../../lib/net/challenge.ts";

test("WWW-Authenticate is read with several challenges, quotes and commas", () => {
  expect(
    parseChallenges(
      'Basic realm="a, b", Bearer scope="x y", error=invalid_token, resource_metadata="https://h/p?q=\\"1\\""',
    ),
  ).toEqual([
    { scheme: "basic", params: { realm: "a, b" } },
    {
      scheme: "bearer",
      params: { scope: "x y", error: "invalid_token", resource_metadata: 'https://h/p?q="1"' },
    },
  ]);
  expect(parseChallenges("Bearer")).toEqual([{ scheme: "bearer", params: {} }]);
  expect(parseChallenges(null)).toEqual([]);
});
