import { describe, expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportJWK, importSPKI, jwtVerify } from "jose";
import { clientAssertion } from "../../lib/auth/client/assertion.ts";
import { basicAuthorization, secretMethod } from "../../lib/auth/client/authentication.ts";
import { issuerMetadataUrls, resourceMetadataUrls } from "../../lib/auth/discovery/places.ts";
import { tokenChallenge } from "../../lib/auth/discovery/token-challenge.ts";
import { covers, requireSecure, resourceOf } from "../../lib/auth/discovery/url.ts";
import { wantedScope } from "../../lib/auth/grants/scope.ts";
import { checkTokenAnswer } from "../../lib/auth/grants/token-answer.ts";
import { freshness } from "../../lib/auth/tokens/freshness.ts";
import { M2mcpError } from "../../lib/failure.ts";
import { parseChallenges } from "../../lib/net/challenge.ts";

describe("WWW-Authenticate", () => {
  test("is read with several challenges, quotes and commas", () => {
    expect(
      parseChallenges(
        'Basic realm="a, b", Bearer scope="x y", error=invalid_token, resource_metadata="https://h/p?q=\\"1\\""',
      ),
    ).toEqual([
      { scheme: "basic", params: { realm: "a, b" } },
      {
        scheme: "bearer",
        params: { scope: "x y", error: "invalid_token", resource_metadata: 'https://h/p?q="1"' },
      },
    ]);
    expect(parseChallenges("Bearer")).toEqual([{ scheme: "bearer", params: {} }]);
    expect(parseChallenges(null)).toEqual([]);
    expect(tokenChallenge('DPoP algs="ES256", Bearer resource_metadata="https://h"')?.scheme).toBe("bearer");
    expect(tokenChallenge("Negotiate")).toBeUndefined();
  });
});

describe("addresses", () => {
  test("metadata is looked for in the prescribed order", () => {
    expect(resourceMetadataUrls("https://h/a/mcp")).toEqual([
      "https://h/.well-known/oauth-protected-resource/a/mcp",
      "https://h/.well-known/oauth-protected-resource",
    ]);
    expect(resourceMetadataUrls("https://h/")).toEqual(["https://h/.well-known/oauth-protected-resource"]);
    expect(issuerMetadataUrls("https://h/realms/x")).toEqual([
      "https://h/.well-known/oauth-authorization-server/realms/x",
      "https://h/.well-known/openid-configuration/realms/x",
      "https://h/realms/x/.well-known/openid-configuration",
    ]);
    expect(issuerMetadataUrls("https://h")).toEqual([
      "https://h/.well-known/oauth-authorization-server",
      "https://h/.well-known/openid-configuration",
    ]);
  });

  test("https, loopback, or what was allowed out loud", () => {
    for (const url of [
      "https://h/x",
      "http://localhost:1",
      "http://a.localhost",
      "http://127.9.9.9/x",
      "http://[::1]:2/",
    ])
      expect(requireSecure(url, "it", []).href).toBeTruthy();
    for (const url of ["http://h/x", "http://127.evil.com", "http://localhost.evil.com", "ftp://localhost"])
      expect(() => requireSecure(url, "it", [])).toThrow(M2mcpError);
    expect(requireSecure("http://h/x", "it", ["h"]).hostname).toBe("h");
  });

  test("a resource covers its own paths and no others", () => {
    expect(covers("https://h/mcp", "https://h/mcp")).toBe(true);
    expect(covers("https://h", "https://h/mcp")).toBe(true);
    expect(covers("https://h/mcp", "https://h/mcpx")).toBe(false);
    expect(covers("https://h:1/mcp", "https://h/mcp")).toBe(false);
    expect(covers("nonsense", "https://h/mcp")).toBe(false);
    expect([resourceOf("https://h/"), resourceOf("https://h/mcp#x"), resourceOf("https://h/mcp/")]).toEqual([
      "https://h",
      "https://h/mcp",
      "https://h/mcp/",
    ]);
  });
});

describe("client authentication", () => {
  test("id and secret are form-encoded within basic", () => {
    const decoded = Buffer.from(basicAuthorization("a:b", "s %+ü").slice(6), "base64").toString();
    expect(decoded).toBe("a%3Ab:s+%25%2B%C3%BC");
  });

  test("basic is used where the metadata is silent", () => {
    expect(secretMethod(undefined, undefined)).toBe("basic");
    expect(secretMethod(undefined, ["client_secret_post"])).toBe("post");
    expect(secretMethod(undefined, ["client_secret_post", "client_secret_basic"])).toBe("basic");
    expect(secretMethod("client_secret_post", ["client_secret_basic"])).toBe("post");
  });

  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ec384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const ed = generateKeyPairSync("ed25519");
  const encrypted = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "pass" } as const;
  const kinds: [name: string, text: string, publicKey: typeof rsa.publicKey, alg: string, more?: object][] = [
    [
      "RSA, PKCS#8",
      rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      rsa.publicKey,
      "RS256",
    ],
    [
      "RSA, PKCS#1, PS256",
      rsa.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
      rsa.publicKey,
      "PS256",
      { signingAlg: "PS256" },
    ],
    [
      "RSA, encrypted",
      rsa.privateKey.export(encrypted).toString(),
      rsa.publicKey,
      "RS512",
      { signingAlg: "RS512", passphrase: "pass" },
    ],
    ["EC, SEC1", ec.privateKey.export({ type: "sec1", format: "pem" }).toString(), ec.publicKey, "ES256"],
    [
      "EC P-384",
      ec384.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      ec384.publicKey,
      "ES384",
    ],
    ["Ed25519", ed.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), ed.publicKey, "EdDSA"],
    [
      "JWK",
      JSON.stringify({ ...ec.privateKey.export({ format: "jwk" }), kid: "own" }),
      ec.publicKey,
      "ES256",
    ],
  ];
  for (const [name, text, publicKey, alg, more] of kinds)
    test(`an assertion is signed with a key of kind ${name}`, async () => {
      const jwt = await clientAssertion("me", "https://as", { text, ...more }, undefined, Date.now());
      const key = await importSPKI(publicKey.export({ type: "spki", format: "pem" }).toString(), alg);
      const { payload } = await jwtVerify(jwt, key, { audience: "https://as", issuer: "me", subject: "me" });
      expect(decodeProtectedHeader(jwt).alg).toBe(alg);
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
      expect(decodeJwt(jwt).jti).toBeTruthy();
      if (name === "JWK") expect(decodeProtectedHeader(jwt).kid).toBe("own");
      expect((await exportJWK(key)).kty).toBeTruthy();
    });

  test("a key that cannot be used is said without quoting it", async () => {
    const text = rsa.privateKey.export(encrypted).toString();
    const error = await clientAssertion("me", "a", { text }, undefined, 0).catch((caught) => caught);
    expect(error).toBeInstanceOf(M2mcpError);
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(
      text.slice(40, 80),
    );
    await expect(clientAssertion("me", "a", { text: "junk" }, undefined, 0)).rejects.toThrow("private key");
    await expect(
      clientAssertion(
        "me",
        "a",
        { text: ec.privateKey.export({ type: "sec1", format: "pem" }).toString(), signingAlg: "RS256" },
        undefined,
        0,
      ),
    ).rejects.toThrow("RS256");
  });
});

describe("a token's life", () => {
  const token = {
    accessToken: "t",
    tokenType: "Bearer",
    issuedAtMs: 1_000_000,
    expiresAtMs: 1_000_000 + 3_600_000,
  } as const;
  test("ends a margin before its end, never before half of it", () => {
    expect(freshness(token, 1_000_000, 0.5)).toBe("fresh");
    expect(freshness(token, 1_000_000 + 3_600_000 - 30_000, 0.5)).toBe("stale");
    expect(freshness(token, 1_000_000 + 3_600_000, 0.5)).toBe("expired");
    const short = { ...token, expiresAtMs: 1_000_000 + 20_000 };
    expect(freshness(short, 1_000_000 + 9_999, 1)).toBe("fresh");
    expect(freshness(short, 1_000_000 + 11_000, 0)).toBe("fresh");
    for (const jitter of [0, 0.5, 1]) expect(freshness(short, 1_000_000 + 13_000, jitter)).toBe("stale");
  });
  test("has no end where none was named; and one from the future is over", () => {
    const { expiresAtMs: _end, ...endless } = token;
    expect(freshness(endless, 1e15, 0)).toBe("fresh");
    expect(freshness(token, 0, 0.5)).toBe("expired");
  });
});

describe("answers to a token request", () => {
  const check = (status: number, json: unknown) =>
    checkTokenAnswer({ status, headers: new Headers(), json }, "https://as/token", 1000, "asked");
  const refusal = (status: number, json: unknown): M2mcpError => {
    try {
      check(status, json);
    } catch (error) {
      if (error instanceof M2mcpError) return error;
    }
    throw new Error("no refusal");
  };
  test("are read with their servers' habits", () => {
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
  test("are refused when they are none, with what mends it", () => {
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
  test("scopes: the user's, else the challenge's, with what was gathered", () => {
    const found = { resource: "r", tokenEndpoint: "t", discoveredAtMs: 0, scope: "a b" };
    const credentials = {
      grant: "client-credentials",
      clientId: "c",
      authentication: { kind: "none" },
    } as const;
    expect(wantedScope(credentials, found, undefined)).toBe("a b");
    expect(wantedScope({ ...credentials, scope: "z" }, found, "y z")).toBe("z y");
    const { scope: _none, ...silent } = found;
    expect(wantedScope(credentials, silent, undefined)).toBeUndefined();
  });
});
