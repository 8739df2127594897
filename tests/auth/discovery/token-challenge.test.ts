import { expect, test } from "bun:test";
import { tokenChallenge } from "../../../lib/auth/discovery/token-challenge.ts";

test("the challenge that counts is Bearer's or DPoP's, and leads to the metadata", () => {
  expect(tokenChallenge('DPoP algs="ES256", Bearer resource_metadata="https://h"')?.scheme).toBe("bearer");
  expect(tokenChallenge("Negotiate")).toBeUndefined();
});

test("the challenge of another scheme leads to the metadata where Bearer's and DPoP's do not", () => {
  const gateway = 'Cloudflare-Access resource_metadata="https://h/prm", error="x"';
  expect(tokenChallenge(gateway)?.params).toEqual({ resource_metadata: "https://h/prm" });
  expect(tokenChallenge(`${gateway}, Bearer error="invalid_token"`)).toEqual({
    scheme: "bearer",
    params: { error: "invalid_token", resource_metadata: "https://h/prm" },
  });
  expect(tokenChallenge(`${gateway}, Bearer resource_metadata="https://own"`)?.params.resource_metadata).toBe(
    "https://own",
  );
});

test("of challenges that name errors the one of the scheme that was sent counts", () => {
  const both = 'Bearer error="invalid_token", DPoP error="use_dpop_nonce"';
  expect(tokenChallenge(both, "DPoP")?.params.error).toBe("use_dpop_nonce");
  expect(tokenChallenge(both, "Bearer")?.params.error).toBe("invalid_token");
  expect(tokenChallenge('Bearer, DPoP error="use_dpop_nonce"', "Bearer")?.params.error).toBe(
    "use_dpop_nonce",
  );
});
