import { describe, expect, test } from "bun:test";
import { withoutUrlSecrets } from "../lib/failure.ts";
import { parseExactly } from "../lib/mcp/jsonrpc/exact-json.ts";

describe("text for a person", () => {
  test("has no secret of an address in it", () => {
    for (const [text, shown] of [
      ["see https://me:pw@host/p?key=s3cret&x=1#frag.", "see https://…@host/p?key=…&x=…#…."],
      ["http://h/?justakey", "http://h/?…"],
      ["http://h/?a?b=c?d", "http://h/?…?b=…"],
      ["http://h/p, then ftp://u@h/", "http://h/p, then ftp://…@h/"],
      ["no address: a.b.c", "no address: a.b.c"],
    ] as const)
      expect(withoutUrlSecrets(text)).toBe(shown);
  });

  test("takes a time that grows with its length alone, whatever a server put in it", () => {
    const hostile = (size: number) => [
      "a.".repeat(size / 2),
      `http://h/${"?a".repeat(size / 2)}`,
      `http://h/?${"a=".repeat(size / 2)}`,
      `http://h/${"&a…".repeat(size / 3)}`,
      "a://:".repeat(size / 5),
      `http://${":".repeat(size)}`,
      `http://h/?${"?".repeat(size)}=`,
      `http://${"@".repeat(size)}`,
    ];
    const took = (size: number) =>
      hostile(size).map((text) => {
        const startedMs = performance.now();
        withoutUrlSecrets(text);
        return performance.now() - startedMs;
      });
    took(1000);
    for (const ms of took(300_000)) expect(ms).toBeLessThan(2000);
  });
});

test("a number of many digits takes a time that grows with its length alone", () => {
  const took = (digits: number) => {
    const startedMs = performance.now();
    for (const text of [`0.1${"0".repeat(digits)}1`, `1${"0".repeat(digits)}`, `0.${"0".repeat(digits)}1`])
      expect(JSON.stringify(parseExactly(`[${text}]`))).toContain("[");
    return performance.now() - startedMs;
  };
  took(1000);
  expect(took(300_000)).toBeLessThan(3000);
});
