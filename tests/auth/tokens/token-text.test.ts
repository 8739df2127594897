// What files and commands print as a token, by the shapes that programs document.
import { describe, expect, test } from "bun:test";
import { parseTokenText } from "../../../lib/auth/tokens/ready/token-text.ts";

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: object) => `${part({ alg: "none" })}.${part(claims)}.c2lnbmF0dXJl`;
const JWT = jwt({ iat: 1_700_000_000, exp: 1_700_000_300, scope: "a b" });
const TIMES = { issuedAtMs: 1_700_000_000_000, endsAtMs: 1_700_000_300_000, scope: "a b" };
const END = "2030-01-02T03:04:05Z";
const AT = Date.parse(END);

describe("a token by itself", () => {
  for (const [what, text, parsed] of [
    ["a JWT", JWT, { accessToken: JWT, ...TIMES }],
    ["an opaque one", "opaque-1", { accessToken: "opaque-1" }],
    ["one as a header has it", `Bearer ${JWT}`, { accessToken: JWT, ...TIMES }],
    ["one in quotes, as JSON", `"${JWT}"`, { accessToken: JWT, ...TIMES }],
    [
      "one with scp of several",
      jwt({ scp: ["x", "y"] }),
      { accessToken: jwt({ scp: ["x", "y"] }), scope: "x y" },
    ],
    ["one whose exp is no number", jwt({ exp: "soon" }), { accessToken: jwt({ exp: "soon" }) }],
  ] as const)
    test(what, () => expect(parseTokenText(text)).toEqual(parsed));
});

describe("JSON around a token", () => {
  for (const [who, json, parsed] of [
    [
      "an authorization server",
      { access_token: "t", token_type: "Bearer", expires_in: 300, scope: "a" },
      { accessToken: "t", type: "Bearer", lifeMs: 300_000, scope: "a" },
    ],
    ["expires_in as text", { access_token: "t", expires_in: "300" }, { accessToken: "t", lifeMs: 300_000 }],
    [
      "expires_at in seconds",
      { access_token: "t", expires_at: AT / 1000 },
      { accessToken: "t", endsAtMs: AT },
    ],
    ["expires_at in ms", { token: "t", expires_at: AT }, { accessToken: "t", endsAtMs: AT }],
    [
      "az account get-access-token",
      {
        accessToken: "t",
        expiresOn: "2030-01-02 03:04:05.000000",
        expires_on: AT / 1000,
        subscription: "s",
        tokenType: "Bearer",
      },
      { accessToken: "t", type: "Bearer", endsAtMs: AT },
    ],
    [
      "az of before, in local time",
      { accessToken: "t", expiresOn: "2030-01-02 03:04:05.123456" },
      { accessToken: "t", endsAtMs: new Date(2030, 0, 2, 3, 4, 5, 123).getTime() },
    ],
    ["gcloud auth print-access-token", { token: "t", expiry: END }, { accessToken: "t", endsAtMs: AT }],
    [
      "gcloud config config-helper",
      {
        configuration: { properties: {} },
        credential: { access_token: "t", id_token: "i", token_expiry: END },
      },
      { accessToken: "t", endsAtMs: AT },
    ],
    [
      "aws sts get-web-identity-token",
      { WebIdentityToken: "t", Expiration: "2030-01-02T03:04:05+00:00" },
      { accessToken: "t", endsAtMs: AT },
    ],
    [
      "aws codeartifact get-authorization-token",
      { authorizationToken: "t", expiration: AT / 1000 },
      { accessToken: "t", endsAtMs: AT },
    ],
    [
      "aws cognito-idp initiate-auth",
      { AuthenticationResult: { AccessToken: "t", ExpiresIn: 300, TokenType: "Bearer", IdToken: "i" } },
      { accessToken: "t", type: "Bearer", lifeMs: 300_000 },
    ],
    [
      "an ExecCredential of kubectl",
      {
        apiVersion: "client.authentication.k8s.io/v1",
        kind: "ExecCredential",
        status: { token: "t", expirationTimestamp: END },
      },
      { accessToken: "t", endsAtMs: AT },
    ],
    [
      "kubectl create token -o json",
      {
        kind: "TokenRequest",
        spec: { expirationSeconds: 3600 },
        status: { token: "t", expirationTimestamp: END },
      },
      { accessToken: "t", endsAtMs: AT },
    ],
    [
      "vault read identity/oidc/token",
      { lease_duration: 0, data: { token: "t", ttl: 300, client_id: "c" } },
      { accessToken: "t", lifeMs: 300_000 },
    ],
    ["a helper of headers", { Authorization: "Bearer t", "X-Tenant": "a" }, { accessToken: "t" }],
    [
      "m2mcp token --json",
      { accessToken: "t", tokenType: "Bearer", expiresAt: END, scope: null, issuer: null, boundTo: null },
      { accessToken: "t", type: "Bearer", endsAtMs: AT },
    ],
    [
      "m2mcp token --json, of a token that does not say when it ends",
      { accessToken: "t", tokenType: "Bearer", expiresAt: null, scope: "a", issuer: null },
      { accessToken: "t", type: "Bearer", scope: "a" },
    ],
    ["a JWT, whose own end counts where JSON has none", { token: JWT }, { accessToken: JWT, ...TIMES }],
    [
      "JSON's own end, which counts before the JWT's",
      { token: JWT, expires_at: END },
      { accessToken: JWT, ...TIMES, endsAtMs: AT },
    ],
  ] as const)
    test(who, () => {
      expect(parseTokenText(JSON.stringify(json))).toEqual(parsed);
      expect(parseTokenText(`  ${JSON.stringify(json, null, 2)}\n`)).toEqual(parsed);
    });
});

describe("what is no token is refused, and never quoted", () => {
  for (const [what, text] of [
    ["a page", "<html><title>Sign in</title></html>"],
    ["a sentence", "ERROR: secret-thing not logged in"],
    ["two lines", "secret-a\nsecret-b"],
    ["a variable", "%SECRET%"],
    ["JSON without a token", '{"error":"secret"}'],
    ["JSON that ends early", '{"access_token":"secret'],
    ["a list", '["secret"]'],
    ["a token that is none", '{"access_token":{"secret":1}}'],
    ["letters beyond ASCII", "secrét"],
    ["a proof's token", "DPoP secret"],
    ["something endless", "s".repeat(70_000)],
  ] as const)
    test(what, () => {
      expect(() => parseTokenText(text)).toThrow();
      try {
        parseTokenText(text);
      } catch (error) {
        expect(String(error)).not.toMatch(/secret|ssss/);
      }
    });

  test("a JWT that was cut off anywhere before its signature", () => {
    const whole = JWT.lastIndexOf(".") + 1;
    for (let length = 4; length <= whole; length++)
      expect(() => parseTokenText(JWT.slice(0, length))).toThrow("cut off");
  });
});
