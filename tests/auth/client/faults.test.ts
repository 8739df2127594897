// What can be told of an id or a secret without the server.
import { expect, test } from "bun:test";
import { doubtAbout, faultIn } from "../../../lib/auth/client/faults.ts";

for (const char of ["\u00ad", "\u200b", "\u200e", "\u202a", "\u2060", "\ufeff", "\0", "\n"])
  test(`a secret with a character that is not seen is named: U+${char.charCodeAt(0).toString(16)}`, () => {
    expect(faultIn(`s3cr3t${char}-value`)).toContain("after 6 characters");
  });

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is the fault
for (const text of [
  "undefined",
  "null",
  "pre-${SECRET}",
  "Bearer {{secret}}",
  "op://vault/item/field",
  "arn:aws:secretsmanager:eu-1:1:secret:x",
  "/run/secrets/x",
  "@MCP_SECRET@",
  "__MCP_SECRET__",
  "{MCP_SECRET}",
  "`cat secret`",
  "********",
  "<your-secret>",
])
  test(`a secret that was refused is doubted: ${text}`, () => {
    expect(doubtAbout("the client secret", text)).toContain("looks like a placeholder");
  });
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: that is the fault

test("a secret that was refused is doubted where an editor has changed its characters", () => {
  expect(doubtAbout("the client secret", "\u201cs3cr3t\u201d")).toContain("in quotes");
  expect(doubtAbout("the client secret", "s3cr3t\u2013value")).toContain("beyond ASCII");
});

test("a secret like any other is not doubted", () => {
  for (const text of ["s3cr3t-value", "abc8Q~x-y_z.1", "a+b/c==", 'p&<"/%=', "https://app.example/c"])
    expect([faultIn(text), doubtAbout("the client secret", text)]).toEqual([undefined, undefined]);
});
