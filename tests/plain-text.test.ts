import { expect, test } from "bun:test";
import { lineOf } from "../lib/observation/audit/entry.ts";
import { shortened } from "../lib/plain-text.ts";

test("a text that is cut is as long as it may be, and no character of it is cut in two", () => {
  expect(["", "abc", "abcd", "abcde"].map((text) => shortened(text, 4))).toEqual(["", "abc", "abcd", "abc…"]);
  expect(shortened("ab😀cd", 4)).toBe("ab…");
  expect(shortened("ab😀cd", 5)).toBe("ab😀…");
});

test("a line of the audit is JSON for all readers, wherever a client's name is cut", () => {
  const entry = {
    atMs: 0,
    profile: null,
    server: "https://h",
    verb: "bridge",
    pid: 1,
    host: null,
    tool: null,
  };
  const sizes = { durationMs: 1, requestBytes: 1, responseBytes: null, requestId: 1, traceId: null };
  for (const letters of [198, 199, 200]) {
    const client = `${"x".repeat(letters)}😀😀`;
    const line = lineOf({ ...entry, ...sizes, client, method: "tools/call", outcome: "ok", error: null });
    // A half of a pair is written as an escape, which strict readers refuse.
    expect(line).not.toMatch(/\\ud[89a-f]/i);
    expect(JSON.parse(line).client.length).toBeLessThanOrEqual(200);
  }
});
