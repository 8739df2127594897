import { expect, test } from "bun:test";
import { M2mcpError } from "../../lib/failure.ts";
import { networkError } from "../../lib/net/network-error.ts";

const { signal } = new AbortController();
/** Message and hint of what `fetch` threw with a code. */
const told = (code: string) => {
  const error = networkError(Object.assign(new Error("POST https://h/?secret"), { code }), signal, "h");
  return error instanceof M2mcpError ? [error.message, error.hint] : [];
};

test.each([
  ["CERT_HAS_EXPIRED", /has expired/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", /for another name/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", /of an unknown authority/],
  ["INVALID_PURPOSE", /none of a server/],
])("a certificate that is refused (%s) is its owner's to mend, not the network's", (code, reason) => {
  expect(told(code)).toEqual([expect.stringMatching(reason), expect.stringContaining("--ca FILE")]);
});

test("what else goes wrong on the way is told with what to look at", () => {
  expect(told("ENOTFOUND")).toEqual([
    expect.stringContaining("no such host"),
    expect.stringContaining("name"),
  ]);
  expect(told("ENETUNREACH")).toEqual([expect.any(String), expect.stringContaining("the network")]);
});
