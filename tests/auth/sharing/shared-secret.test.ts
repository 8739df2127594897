import { expect, test } from "bun:test";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Credentials, TokenOrigin } from "../../../lib/auth/credentials.ts";
import { looksRandom, readSharing } from "../../../lib/auth/sharing/shared-secret.ts";

const value = (text: string) => ({ from: "value", value: text }) as const;
const BASE: Credentials = {
  grant: "client-credentials",
  clientId: "robot",
  authentication: { kind: "secret", secret: value("s3cret") },
};
const read = (origin: TokenOrigin, passphrase?: string) =>
  readSharing(origin, { server: "https://mcp.example.com/mcp", env: { M2MCP_PASSPHRASE: passphrase } });
const why = async (origin: TokenOrigin, passphrase?: string) => {
  const sharing = await read(origin, passphrase);
  return sharing.kind === "own" ? sharing.why : sharing.secret.text;
};

test("a secret is one wherever it comes from; what tells tokens apart is told apart", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "m2mcp-test-")), "secret");
  writeFileSync(file, "s3cret\n");
  const fromFile: Credentials = {
    ...BASE,
    authentication: { kind: "secret", method: "client_secret_post", secret: { from: "file", path: file } },
  };
  expect(await read(fromFile)).toEqual(await read(BASE));
  // A passphrase counts where there is no secret alone.
  expect(await read(BASE, "word")).toEqual(await read(BASE));
  for (const more of [
    { clientId: "other" },
    { scope: "x" },
    { resource: null },
    { audience: "x" },
    { dpop: true },
    { tokenParams: [["tenant", "x"]] as [string, string][] },
  ])
    expect(await read({ ...BASE, ...more })).not.toEqual(await read(BASE));
  // Whoever names an issuer is told apart where a token is read.
  expect(await read({ ...BASE, issuer: "https://login.example.com" })).toEqual(await read(BASE));
});

test("a private key is one in whatever form, and never its public part", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const forms = [
    privateKey.export({ format: "pem", type: "pkcs8" }),
    privateKey.export({ format: "pem", type: "sec1" }),
    JSON.stringify(
      createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })).export({ format: "jwk" }),
    ),
  ].map((text) => why({ ...BASE, authentication: { kind: "private_key", key: value(String(text)) } }));
  const [first = "", ...others] = await Promise.all(forms);
  expect(others).toEqual([first, first]);
  expect(first).toContain(String(privateKey.export({ format: "jwk" }).d));
});

test("of a set of keys the one that signs is meant, by its id", async () => {
  const keys = ["a", "b"].map((kid) => ({
    ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
    kid,
  }));
  const set = value(JSON.stringify({ keys }));
  const alone = value(JSON.stringify(keys[1]));
  const ofKey = (key: typeof set) =>
    why({ ...BASE, authentication: { kind: "private_key", key, keyId: "b" } });
  expect(await ofKey(set)).toBe(await ofKey(alone));
});

test("the secret in the answer to a registration is the one that is sent, and as easily guessed", async () => {
  const registered = (more: object) => ({
    ...BASE,
    authentication: {
      kind: "secret" as const,
      secret: value(JSON.stringify({ client_secret: "s3cret", ...more })),
    },
  });
  const answer = {
    client_id: "Robot-7/x",
    registration_access_token: "9f-86D0_81/88-4c7D",
    client_id_issued_at: 1,
  };
  expect(await read(registered(answer))).toEqual(await read(BASE));
  expect(await read(registered({ client_secret_expires_at: 0 }))).toEqual(await read(BASE));
});

test("without a secret that others have, a passphrase; where each machine is another, none", async () => {
  const platform: Credentials = {
    ...BASE,
    authentication: { kind: "assertion", assertion: { from: "file", path: "/token" } },
  };
  const signing: Credentials = {
    ...BASE,
    authentication: { kind: "private_key", key: { from: "sign-command", command: "kms" } },
  };
  for (const origin of [platform, signing, { ...BASE, authentication: { kind: "none" } } as Credentials]) {
    expect(await why(origin)).toMatch(/no secret that others have too; M2MCP_PASSPHRASE/);
    expect(await why(origin, "word")).toBe("word");
  }
  const subject = { source: { from: "file", path: "/person" } } as const;
  expect(await why({ ...BASE, grant: "token-exchange", subject }, "word")).toMatch(/about the person/);
  expect(
    await why({ ...BASE, grant: "jwt-bearer", assertion: { from: "file", path: "/token" } }, "word"),
  ).toMatch(/whom the assertion names/);
  expect(await why({ ...platform, clientId: "" }, "word")).toMatch(/names the client/);
  expect(await why({ ...BASE, tls: { from: "spiffe" } }, "word")).toMatch(/certificate of its own/);
  expect(await why({ grant: null, token: { from: "file", path: "/t" } }, "word")).toMatch(/something else/);
});

test("a secret that a machine made is told from one that a person thought of", () => {
  for (const made of [
    "2kXbQ1vT9LrZ0mNqYw7uEaGdHsJ3oPc5",
    "550e8400-e29b-41d4-a716-446655440000",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "Abc8Q~dR5fTgYhUjIkOlPzXcVbNmQwErTyUi1o2p",
  ])
    expect([made, looksRandom(made)]).toEqual([made, true]);
  for (const thought of [
    "s3cret",
    "correcthorsebatterystaple-2026-production",
    "Summer2026Summer2026Summer2026Summer2026",
    "P4ssw0rd-P4ssw0rd-P4ssw0rd-P4ssw0rd",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "the secret of the client that runs in production",
  ])
    expect([thought, looksRandom(thought)]).toEqual([thought, false]);
});
