import { expect, test } from "bun:test";
import { checkTokenAnswer } from "../../../lib/auth/grants/token-answer.ts";
import { M2mcpError } from "../../../lib/failure.ts";

const check = (status: number, json: unknown) =>
  checkTokenAnswer(
    { status, headers: new Headers(), text: JSON.stringify(json) ?? "", json },
    "https://as/token",
    1000,
    "asked",
  );
const refusal = (status: number, json: unknown): M2mcpError => {
  try {
    check(status, json);
  } catch (error) {
    if (error instanceof M2mcpError) return error;
  }
  throw new Error("no refusal");
};
test("an answer to a token request is read with its server's habits", () => {
  expect(check(200, { access_token: "t", token_type: "bearer", expires_in: "60" })).toEqual({
    accessToken: "t",
    tokenType: "Bearer",
    scope: "asked",
    issuedAtMs: 1000,
    expiresAtMs: 61_000,
  });
  expect(check(200, { access_token: "t", token_type: "BEARER", scope: "a b" })).toEqual({
    accessToken: "t",
    tokenType: "Bearer",
    scope: "a b",
    issuedAtMs: 1000,
  });
  expect(check(201, { access_token: "t" }).tokenType).toBe("Bearer");
});
test("an answer to a token request that is none is refused, with what mends it", () => {
  expect(refusal(200, undefined).code).toBe("bad_token_answer");
  expect(refusal(200, { token_type: "bearer" }).code).toBe("bad_token_answer");
  expect(refusal(200, { access_token: "a\r\nb", token_type: "bearer" }).code).toBe("bad_token_answer");
  expect(refusal(200, { access_token: "a", token_type: "mac" }).code).toBe("bad_token_answer");
  for (const status of [400, 401])
    expect(refusal(status, { error: "invalid_client" }).hint).toContain("--auth-method");
  expect(
    refusal(400, { error: "invalid_target", error_description: "AADSTS9010010: resource" }).hint,
  ).toContain("--no-resource");
  expect(refusal(400, { error: "invalid_scope" }).hint).toContain("--scope");
  expect(refusal(503, undefined).exitCode).toBe(2);
  expect(refusal(400, { error: "x", error_description: "a\u001b[31mb" }).message).not.toContain("\u001b");
});
