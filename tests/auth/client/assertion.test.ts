import { expect, test } from "bun:test";
import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, decodeProtectedHeader, exportJWK, importSPKI, jwtVerify } from "jose";
import { clientAssertion } from "../../../lib/auth/client/assertion.ts";
import { M2mcpError } from "../../../lib/failure.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ec384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
const ed = generateKeyPairSync("ed25519");
const encrypted = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "pass" } as const;
const kinds: [name: string, text: string, publicKey: typeof rsa.publicKey, alg: string, more?: object][] = [
  ["RSA, PKCS#8", rsa.privateKey.export({ type: "pkcs8", format: "pem" }).toString(), rsa.publicKey, "RS256"],
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
  ["JWK", JSON.stringify({ ...ec.privateKey.export({ format: "jwk" }), kid: "own" }), ec.publicKey, "ES256"],
];
for (const [name, text, publicKey, alg, more] of kinds)
  test(`a client assertion is signed with a key of kind ${name}`, async () => {
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
