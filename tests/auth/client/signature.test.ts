// Whatever form a signing program prints a signature in, it becomes the one of JOSE.
import { expect, test } from "bun:test";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { joseSignature } from "../../../lib/auth/client/signing/signature.ts";

const CURVES = [
  ["ES256", "P-256", 64],
  ["ES384", "P-384", 96],
  ["ES512", "P-521", 132],
] as const;
const DATA = Buffer.from("header.claims");
const base64 = (bytes: Buffer) => bytes.toString("base64");
/** As openssl base64 and many tools wrap it. */
const wrapped = (bytes: Buffer) => base64(bytes).replace(/.{64}/g, "$&\n");
const FORMS: [name: string, print: (bytes: Buffer) => Buffer][] = [
  ["raw", (bytes) => bytes],
  ["raw and a line end", (bytes) => Buffer.concat([bytes, Buffer.from("\n")])],
  ["base64", (bytes) => Buffer.from(base64(bytes))],
  ["base64 in lines", (bytes) => Buffer.from(`${wrapped(bytes)}\n`)],
  ["base64url", (bytes) => Buffer.from(`${bytes.toString("base64url")}\r\n`)],
  ["of Vault", (bytes) => Buffer.from(`vault:v12:${base64(bytes)}\n`)],
];

for (const [alg, namedCurve, size] of CURVES)
  test(`signatures of ${alg}, DER or raw, in every form`, () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve });
    const hash = `sha${alg.slice(2)}`;
    // Many, since the numbers within are shorter now and then.
    for (let round = 0; round < 60; round++)
      for (const dsaEncoding of ["der", "ieee-p1363"] as const) {
        const signature = sign(hash, DATA, { key: privateKey, dsaEncoding });
        for (const [, print] of FORMS) {
          const jose = joseSignature(print(signature), alg);
          expect(jose?.length).toBe(size);
          expect(
            verify(hash, DATA, { key: publicKey, dsaEncoding: "ieee-p1363" }, jose ?? Buffer.alloc(0)),
          ).toBe(true);
        }
      }
  });

for (const [alg, bytes] of [
  ["RS256", 256],
  ["PS512", 512],
  ["EdDSA", 64],
] as const)
  test(`signatures of ${alg} in every form, whatever bytes they end with`, () => {
    for (let last = 0; last < 256; last++) {
      const signature = Buffer.concat([crypto.getRandomValues(Buffer.alloc(bytes - 1)), Buffer.from([last])]);
      for (const [, print] of FORMS) expect(joseSignature(print(signature), alg)).toEqual(signature);
    }
  });

test("what is no signature of the algorithm is none", () => {
  for (const alg of ["ES256", "RS256", "EdDSA"])
    for (const printed of ["", "\n", "error: no such key", "AAAA", "x".repeat(5000)])
      expect(joseSignature(Buffer.from(printed), alg)).toBeNull();
  // A DER with a number too long for the curve, and one cut short.
  const long = Buffer.from(`3026022100${"ff".repeat(32)}020101`, "hex");
  expect(joseSignature(long, "ES256")?.length ?? 64).toBe(64);
  expect(joseSignature(Buffer.from(`3027022201${"ff".repeat(33)}020101`, "hex"), "ES256")).toBeNull();
  expect(joseSignature(Buffer.from("30060201010201", "hex"), "ES256")).toBeNull();
});
