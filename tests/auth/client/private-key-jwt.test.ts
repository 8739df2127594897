// private_key_jwt (RFC 7523) with every algorithm and every form of key, proven to a real authorization server.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, createPrivateKey } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportJWK, importSPKI, type JWK } from "jose";
import { chooseAlgorithm } from "../../../lib/auth/client/assertion.ts";
import { readPrivateKey } from "../../../lib/auth/client/private-key.ts";
import type { ClientAuthentication, Credentials } from "../../../lib/auth/credentials.ts";
import { login } from "../../../lib/auth/login.ts";
import { M2mcpError } from "../../../lib/failure.ts";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "../../support/oauth/authorization-server.ts";
import { type KeyForm, KINDS, makeKey } from "../key-forms.ts";
import { memoryDeps } from "../memory-deps.ts";

const SERVER = "http://127.0.0.1:9/mcp";
const keys = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, makeKey(kind)]));
const clientFor = (kind: string, alg: string) => `${kind.replaceAll(" ", "-")}.${alg}`;

/** The public half, by what openssl says of it. */
async function publicJwk(kind: string, alg: string): Promise<JWK> {
  const { publicPem, modulusHex } = keys[kind] ?? { publicPem: "", modulusHex: undefined };
  if (modulusHex !== undefined)
    return {
      kty: "RSA",
      n: Buffer.from(modulusHex, "hex").toString("base64url"),
      e: "AQAB",
      kid: "own",
      alg,
      use: "sig",
    };
  return { ...(await exportJWK(await importSPKI(publicPem, alg))), alg, use: "sig", kid: "own" };
}

let as: AuthorizationServer;
let choosy: AuthorizationServer;
beforeAll(async () => {
  const clients = [];
  for (const [kind, { algs }] of Object.entries(KINDS))
    for (const alg of algs)
      clients.push({
        client_id: clientFor(kind, alg),
        token_endpoint_auth_method: "private_key_jwt" as const,
        token_endpoint_auth_signing_alg: alg as "RS256",
        jwks: { keys: [await publicJwk(kind, alg)] as never[] },
      });
  as = await startAuthorizationServer({ clients });
  const { alg: _, ...rsa } = await publicJwk("RSA", "");
  choosy = await startAuthorizationServer({
    signingAlgs: ["PS384"],
    clients: [
      { client_id: "any", token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [rsa] as never[] } },
    ],
  });
});
afterAll(() => Promise.all([as.stop(), choosy.stop()]));

type Key = Extract<ClientAuthentication, { kind: "private_key" }>;
const value = (text: string) => ({ from: "value", value: text }) as const;
function credentialsOf(
  clientId: string,
  { text, passphrase }: KeyForm,
  more: Partial<Key> = {},
): Credentials {
  const authentication: Key = {
    kind: "private_key",
    key: value(text),
    ...(passphrase === undefined ? {} : { passphrase: value(passphrase) }),
    ...more,
  };
  return { grant: "client-credentials", clientId, authentication, resource: null };
}
/** Gets a token; resolves with the assertion that did it. */
async function assertionSentBy(server: AuthorizationServer, credentials: Credentials): Promise<string> {
  const { deps } = memoryDeps();
  const proven = await login(deps, {
    server: SERVER,
    credentials: { ...credentials, tokenEndpoint: server.tokenEndpoint },
  });
  expect(proven?.token.accessToken).toBeTruthy();
  return server.tokenRequests.at(-1)?.params.client_assertion ?? "";
}

for (const [kind, { algs }] of Object.entries(KINDS))
  for (const form of keys[kind]?.forms ?? [])
    test(`private_key_jwt with ${kind}, ${form.name}: ${algs.join(", ")}`, async () => {
      for (const signingAlg of algs) {
        const assertion = await assertionSentBy(
          as,
          credentialsOf(clientFor(kind, signingAlg), form, { signingAlg }),
        );
        expect(decodeProtectedHeader(assertion).alg).toBe(signingAlg);
        const { iss, sub, aud, exp, iat, jti } = decodeJwt(assertion);
        expect([iss, sub, aud]).toEqual([
          clientFor(kind, signingAlg),
          clientFor(kind, signingAlg),
          as.tokenEndpoint,
        ]);
        expect((exp ?? 0) - (iat ?? 0)).toBe(60);
        expect(jti).toBeTruthy();
      }
    });

for (const kind of ["RSA", "P-256", "P-384", "P-521", "Ed25519"])
  test(`private_key_jwt with ${kind}, JWK, with its own key id and algorithm`, async () => {
    const jwk = createPrivateKey(keys[kind]?.forms[0]?.text ?? "").export({ format: "jwk" });
    const alg = KINDS[kind]?.algs.at(-1) ?? "";
    const text = JSON.stringify({ ...jwk, kid: "own", alg });
    const header = decodeProtectedHeader(
      await assertionSentBy(as, credentialsOf(clientFor(kind, alg), { name: "", text })),
    );
    expect(header).toMatchObject({ alg, kid: "own" });
  });

test("private_key_jwt signs with an algorithm that the metadata lists", async () => {
  const { deps } = memoryDeps();
  const found = {
    server: `${choosy.issuer}/mcp`,
    credentials: credentialsOf("any", keys.RSA?.forms[0] as KeyForm),
  };
  await login(deps, found);
  const assertion = choosy.tokenRequests.at(-1)?.params.client_assertion ?? "";
  expect(decodeProtectedHeader(assertion).alg).toBe("PS384");
  expect(decodeJwt(assertion).aud).toBe(choosy.issuer);
  const ec = { ...found, credentials: credentialsOf("any", keys["P-256"]?.forms[0] as KeyForm) };
  await expect(login(deps, ec)).rejects.toThrow("ES256, and the authorization server takes PS384");
  expect(chooseAlgorithm(["RS256", "PS256"], undefined, undefined, true)).toBe("PS256");
  expect(chooseAlgorithm(["RS256", "PS256"], undefined, ["RS256"], true)).toBe("RS256");
  expect(chooseAlgorithm(["RS256", "PS256"], "RS256", ["PS256"], true)).toBe("RS256");
  expect(chooseAlgorithm(["EdDSA", "Ed25519"], undefined, ["Ed25519"], false)).toBe("Ed25519");
});

test("private_key_jwt with a certificate: the assertion is as Entra ID wants it", async () => {
  const { forms, certificatePem } = keys.RSA as (typeof keys)[string];
  const credentials = credentialsOf(clientFor("RSA", "PS256"), forms[0] as KeyForm, {
    certificate: value(certificatePem),
  });
  const assertion = await assertionSentBy(as, { ...credentials, assertionAudience: "token-endpoint" });
  const der = Buffer.from(certificatePem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  const header = decodeProtectedHeader(assertion);
  expect(header).toEqual({
    alg: "PS256",
    typ: "JWT",
    "x5t#S256": createHash("sha256").update(der).digest("base64url"),
  });
  const { nbf, iat, aud } = decodeJwt(assertion);
  expect([nbf, aud]).toEqual([iat, as.tokenEndpoint]);
});

describe("what is no usable key is said, and never quoted", () => {
  const form = (kind: string, name: string) => keys[kind]?.forms.find((one) => one.name === name)?.text ?? "";
  const rsaJwk = () => createPrivateKey(form("RSA", "PKCS#8")).export({ format: "jwk" });
  const cases: [name: string, text: () => string, passphrase: string | undefined, words: string][] = [
    ["a wrong passphrase", () => form("RSA", "encrypted PKCS#8"), "wrong", "passphrase is wrong"],
    [
      "a wrong passphrase with scrypt",
      () => form("RSA", "encrypted PKCS#8 with scrypt"),
      "wrong",
      "passphrase is wrong",
    ],
    ["a wrong passphrase of PKCS#1", () => form("RSA", "encrypted PKCS#1"), "wrong", "passphrase is wrong"],
    ["no passphrase", () => form("RSA", "encrypted PKCS#8"), undefined, "--private-key-passphrase-file"],
    [
      "no passphrase of SEC1",
      () => form("P-256", "encrypted SEC1"),
      undefined,
      "--private-key-passphrase-file",
    ],
    ["a public key", () => keys.RSA?.publicPem ?? "", undefined, "public key"],
    ["a public JWK", () => JSON.stringify({ ...rsaJwk(), d: undefined }), undefined, "public key"],
    ["a set of keys", () => JSON.stringify({ keys: [rsaJwk()] }), undefined, "set of keys"],
    [
      "a set of public keys",
      () => JSON.stringify({ keys: [{ kty: "RSA" }, 5] }),
      undefined,
      "none of which is",
    ],
    ["a shared secret", () => JSON.stringify({ kty: "oct", k: "c2VjcmV0" }), undefined, "no key pair"],
    ["other JSON", () => JSON.stringify({ access_token: "t" }), undefined, "no JWK"],
    ["a certificate", () => keys.RSA?.certificatePem ?? "", undefined, "certificate"],
    ["junk", () => "hunter2hunter2hunter2", undefined, "neither"],
    ["half a key", () => form("RSA", "PKCS#8").replace(/\n.{64}\n/, "\n"), undefined, "damaged"],
    ["broken JSON", () => `${JSON.stringify(rsaJwk()).slice(0, -1)}`, undefined, "JSON"],
    [
      "a key of OpenSSH",
      () => "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
      undefined,
      "ssh-keygen",
    ],
  ];
  for (const [name, text, passphrase, words] of cases)
    test(`an unusable private key (${name}) is said, and never quoted`, () => {
      let caught: unknown;
      try {
        readPrivateKey(text(), passphrase);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(M2mcpError);
      const error = caught as M2mcpError;
      expect(error.exitCode).toBe(4);
      expect(error.message).toContain(words);
      const said = `${error.message} ${error.hint} ${error.stack} ${error.cause}`;
      for (const piece of text().match(/[A-Za-z0-9+/_-]{20,}/g) ?? []) expect(said).not.toContain(piece);
    });

  test("one of a set of keys is named by its id", () => {
    const other = { ...rsaJwk(), kid: "b" };
    const set = JSON.stringify({ keys: [{ ...rsaJwk(), kid: "a" }, other, { kty: "RSA", kid: "public" }] });
    expect(readPrivateKey(set, undefined, "b")).toMatchObject({ keyId: "b" });
    expect(() => readPrivateKey(set, undefined)).toThrow("--key-id names one of them (a, b)");
    expect(() => readPrivateKey(set, undefined, "c")).toThrow("none has the id of --key-id; there are a, b");
    expect(() => readPrivateKey(set, undefined, "public")).toThrow("none has the id");
  });

  test("a private key with a certificate of another key, and an algorithm of another kind", async () => {
    const of = (more: Partial<Key>) =>
      assertionSentBy(as, credentialsOf("x", keys.RSA?.forms[0] as KeyForm, more));
    const before = as.tokenRequests.length;
    const certificate = value(keys["P-256"]?.certificatePem ?? "");
    await expect(of({ certificate })).rejects.toThrow("belongs to another key");
    await expect(of({ certificate: value("junk") })).rejects.toThrow("no PEM certificate");
    await expect(of({ signingAlg: "ES256" })).rejects.toThrow("does not sign with ES256, but with RS256");
    expect(as.tokenRequests.length).toBe(before);
  });

  test("a private key that the server does not know is refused by it, with what to check", async () => {
    const other = makeKey("P-256").forms[0] as KeyForm;
    const refused = await assertionSentBy(as, credentialsOf(clientFor("P-256", "ES256"), other)).catch(
      (error) => error,
    );
    expect(refused).toMatchObject({ code: "token_refused" });
    expect(refused.hint).toContain("--key-id");
  });
});
