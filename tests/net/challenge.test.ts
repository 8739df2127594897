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

const FIND = { resource_metadata: "https://h/prm?a=1&b=2", scope: "a b" };
for (const [words, header] of [
  ["an unquoted address with a query", 'Bearer resource_metadata=https://h/prm?a=1&b=2, scope="a b"'],
  ["no commas", 'Bearer realm="x" resource_metadata="https://h/prm?a=1&b=2" scope="a b"'],
  ["semicolons", 'Bearer realm="x"; resource_metadata="https://h/prm?a=1&b=2"; scope="a b"'],
  ["single quotes", "Bearer resource_metadata='https://h/prm?a=1&b=2', scope='a b'"],
  ["a comma after the scheme", 'Bearer, resource_metadata="https://h/prm?a=1&b=2", scope="a b"'],
  ["empty elements", 'Bearer resource_metadata="https://h/prm?a=1&b=2",, scope="a b",'],
  ["blanks around =", 'Bearer resource_metadata = "https://h/prm?a=1&b=2" , scope = "a b"'],
  [
    "tokens of other schemes",
    'Negotiate, NTLM TlRMTVNTUAAB==, Bearer resource_metadata="https://h/prm?a=1&b=2", scope="a b"',
  ],
  ["nothing between schemes", 'Basic realm="x" Bearer resource_metadata="https://h/prm?a=1&b=2" scope="a b"'],
  ["a name twice", 'Bearer resource_metadata="https://h/prm?a=1&b=2", resource_metadata="", scope="a b"'],
  ["a quote that is never closed", 'Bearer scope="a b", resource_metadata="https://h/prm?a=1&b=2'],
] as const)
  test(`WWW-Authenticate is read with ${words}`, () => {
    expect(parseChallenges(header).find(({ scheme }) => scheme === "bearer")?.params).toMatchObject(FIND);
  });

test("WWW-Authenticate is read where its scheme was left out", () => {
  expect(parseChallenges('resource_metadata="https://h/prm?a=1&b=2", scope="a b"')).toEqual([
    { scheme: "", params: FIND },
  ]);
});

test("WWW-Authenticate names an error whatever its case", () => {
  expect(parseChallenges('Bearer error="INVALID_TOKEN"')[0]?.params.error).toBe("invalid_token");
});

test("WWW-Authenticate of any length and form is read in no time", () => {
  const startedMs = performance.now();
  for (const part of ['"', "'", 'a="', "a='", "a ", "=", "a==", 'a="\\', ","]) {
    const header = `Bearer ${part.repeat(500_000)}`;
    expect(() => parseChallenges(header)).not.toThrow();
  }
  expect(performance.now() - startedMs).toBeLessThan(5000);
});
