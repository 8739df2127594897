import { expect, test } from "bun:test";
import { tokenChallenge } from "../../../lib/auth/discovery/token-challenge.ts";

test("the challenge that counts is Bearer's or DPoP's, and leads to the metadata", () => {
  expect(tokenChallenge('DPoP algs="ES256", Bearer resource_metadata="https://h"')?.scheme).toBe("bearer");
  expect(tokenChallenge("Negotiate")).toBeUndefined();
});
