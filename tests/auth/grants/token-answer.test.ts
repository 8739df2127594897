import { describe, expect, test } from "bun:test";
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
test("a token that opens more than the server is never taken for one to be sent there", () => {
  const type = (name: string) => `urn:ietf:params:oauth:token-type:${name}`;
  for (const name of ["refresh_token", "id-jag"])
    expect(
      refusal(200, { access_token: "t", token_type: "Bearer", issued_token_type: type(name) }).message,
    ).toContain(`no access token, but ${type(name)}`);
  const none = refusal(200, {
    access_token: "t",
    token_type: "N_A",
    issued_token_type: type("access_token"),
  });
  expect(none.message).toEndWith("what it issued is no access token (token_type N_A)");
});
test("an empty error is none", () => {
  expect(check(200, { access_token: "t", error: "" }).accessToken).toBe("t");
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

const WORDS = "client is disabled by policy 17";
const SHAPES: Record<string, [body: string, type: string]> = {
  error_description: [
    JSON.stringify({ error: "invalid_client", error_description: WORDS }),
    "application/json",
  ],
  message: [JSON.stringify({ message: WORDS }), "application/json"],
  "an error object": [JSON.stringify({ error: { code: 400, message: WORDS } }), "application/json"],
  "errorCode and errorSummary": [
    JSON.stringify({ errorCode: "E15", errorSummary: WORDS }),
    "application/json",
  ],
  "problem+json": [JSON.stringify({ title: "Forbidden", detail: WORDS }), "application/problem+json"],
  text: [WORDS, "text/plain"],
  "a page": [`<html><head><title>${WORDS}</title></head></html>`, "text/html"],
  "a form": [
    `error=invalid_client&error_description=${encodeURIComponent(WORDS)}`,
    "application/x-www-form-urlencoded",
  ],
};
for (const [shape, [text, type]] of Object.entries(SHAPES))
  for (const status of [400, 401, 403])
    test(`an answer to a token request that is refused with ${status} is told in the server's words: ${shape}`, () => {
      const json = text.startsWith("{") ? JSON.parse(text) : undefined;
      const answer = { status, headers: new Headers({ "content-type": type }), text, json };
      expect(() => checkTokenAnswer(answer, "https://as/token", 0, undefined)).toThrow(WORDS);
    });

test("an answer to a token request that fails is told with its words under any status, and the fault stays whose it is", () => {
  const told = (status: number, text: string) => {
    const answer = { status, headers: new Headers(), text, json: undefined };
    try {
      checkTokenAnswer(answer, "https://as/token", 0, undefined);
    } catch (error) {
      return error as M2mcpError;
    }
    return undefined;
  };
  expect(told(500, WORDS)).toMatchObject({ code: "http_status", message: expect.stringContaining(WORDS) });
  // A wrong address is looked for again: not a refusal of the client.
  expect(told(404, WORDS)).toMatchObject({
    code: "bad_token_answer",
    message: expect.stringContaining(WORDS),
  });
  expect(told(200, `<title>${WORDS}</title>`)).toMatchObject({
    message: expect.stringContaining(`not JSON: ${WORDS}`),
  });
});

test("a 401 of the token endpoint is about the client, in whatever words or none", () => {
  for (const json of [undefined, { error: "Unauthorized" }, { error: 401, message: "bad client" }, {}]) {
    const { code, hint } = refusal(401, json);
    expect([code, hint]).toEqual(["token_refused", expect.stringContaining("--client-id")]);
  }
  expect(refusal(401, { error: "invalid_scope" }).hint).not.toContain("--client-id");
});

test("a 429 of the token endpoint is no refusal of the client, whatever it is named there", () => {
  const auth0 = { error: "access_denied", error_description: "Global limit has been reached" };
  expect(refusal(429, auth0)).toMatchObject({
    code: "http_status",
    exitCode: 2,
    message: expect.stringContaining("429: Global limit has been reached"),
    hint: expect.stringContaining("try again later"),
  });
  expect(refusal(429, { error: "too_many_requests" }).message).toEndWith("429: too_many_requests");
});

test("an answer to a token request with nothing in it is told as that", () => {
  expect(refusal(200, undefined).message).toEndWith("the answer is empty");
});

test("an answer to a token request without a usable token names what is there, never what it says", () => {
  expect(refusal(200, { token: "s3cret", expires_in: 1 }).message).toContain("which has token, expires_in");
  expect(refusal(200, { token: "s3cret" }).message).not.toContain("s3cret");
  expect(refusal(200, { access_token: 5 }).message).toContain("is no text");
  expect(refusal(200, { access_token: "a b" }).message).toContain("blanks");
});

test("an answer to a token request that refuses with a success is told in its words, where it has any", () => {
  const error = { code: "invalid_client", message: "no such client" };
  expect(refusal(200, { status: "error", error })).toMatchObject({
    code: "token_refused",
    message: expect.stringContaining("invalid_client (no such client)"),
    hint: expect.stringContaining("--client-id"),
  });
  expect(refusal(200, { error: {} }).message).toContain("which has error");
  expect(check(200, { access_token: "t", error: {} }).accessToken).toBe("t");
});

test("an answer to a token request that is the token in another form than JSON does not show it", () => {
  const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln";
  for (const text of [
    token,
    `access_token=${token}&token_type=bearer`,
    `data: ${token}\n\n`,
    `access_token: ${token}`,
    `)]}'\n{"access_token":"${token}"}`,
    `<Token><access_token>${token}</access_token><message>${token}</message></Token>`,
    `<html><title>${token}</title>`,
  ])
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jwt", ""]) {
      const answer = { status: 200, headers: new Headers({ "content-type": type }), text, json: undefined };
      expect(() => checkTokenAnswer(answer, "https://as/token", 0, undefined)).toThrow("not JSON");
      expect(() => checkTokenAnswer(answer, "https://as/token", 0, undefined)).not.toThrow("eyJ");
    }
  expect(refusal(200, { access_token: "t", token_type: token }).message).not.toContain("eyJ");
});

test("an answer to a token request names its type in many spellings", () => {
  for (const type of [
    "Bearer",
    "bearer",
    " BEARER ",
    "BearerToken",
    "Bearer Token",
    "bearer-token",
    "",
    null,
    undefined,
  ])
    expect(check(200, { access_token: "t", token_type: type }).tokenType).toBe("Bearer");
  expect(check(200, { access_token: "t", token_type: "dpop" }).tokenType).toBe("DPoP");
  for (const type of ["mac", "N_A", 5, {}])
    expect(refusal(200, { access_token: "t", token_type: type }).message).toContain("is not known");
});

describe("an answer that says that the server cannot issue a token for now", () => {
  const cases: [status: number, error: string][] = [
    ...[200, 400, 401, 403, 500, 503].flatMap((status): [number, string][] => [
      [status, "temporarily_unavailable"],
      [status, "server_error"],
    ]),
    [400, "SERVER_ERROR"],
    // Keycloak's, and others of no name that OAuth knows.
    [500, "unknown_error"],
    [503, "service_unavailable"],
    [502, "Bad Gateway"],
  ];
  test.each(cases)("%d %s is no refusal of the client: later helps", (status, error) => {
    expect(refusal(status, { error, error_description: "down for a while" })).toMatchObject({
      code: "token_unavailable",
      exitCode: 2,
      message: expect.stringContaining(`${error} (down for a while)`),
      hint: expect.stringContaining("try again later"),
    });
  });

  test.each(["invalid_client", "invalid_grant", "invalid_scope", "unauthorized_client", "access_denied"])(
    "a refusal by name stays one under a status of the server's own: %s",
    (error) => {
      expect(refusal(500, { error }).exitCode).toBe(4);
    },
  );

  test("what makes the server fail is named still", () => {
    const json = { error: "server_error", error_description: "unknown parameter 'resource'" };
    expect(refusal(500, json)).toMatchObject({ exitCode: 2, hint: expect.stringContaining("--no-resource") });
  });
});
