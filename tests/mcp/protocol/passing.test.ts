// Failures after which the same is asked again, and those that are final.
import { expect, test } from "bun:test";
import { askedToWait, tokenUnavailable } from "../../../lib/auth/errors.ts";
import { identityUnavailable, noIdentity } from "../../../lib/auth/platforms/errors.ts";
import { isForNow } from "../../../lib/mcp/protocol/refusals/passing.ts";

test("a token that cannot be had for now says nothing of what it was wanted for", () => {
  const passing = [
    identityUnavailable("GitHub Actions", "HTTP status 503"),
    tokenUnavailable("as.example", "server_error", undefined, "try again"),
    askedToWait("as.example", 429, 20_000, 0),
  ];
  expect(passing.map(isForNow)).toEqual([true, true, true]);
  expect(isForNow(noIdentity("GitHub Actions", "HTTP status 403", "see its permissions"))).toBe(false);
});
