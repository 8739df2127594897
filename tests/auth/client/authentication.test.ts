import { expect, test } from "bun:test";
import {
  authenticateClient,
  basicAuthorization,
  basicSecret,
  secretMethod,
} from "../../../lib/auth/client/authentication.ts";
import type { Client } from "../../../lib/auth/credentials.ts";
import { makeKey } from "../key-forms.ts";
import { memoryDeps } from "../memory-deps.ts";

test("client id and secret are form-encoded within basic", () => {
  const decoded = Buffer.from(basicAuthorization("a:b", "s %+ü").slice(6), "base64").toString();
  expect(decoded).toBe("a%3Ab:s+%25%2B%C3%BC");
});

test("client_secret_basic is used where the metadata is silent", () => {
  expect(secretMethod(undefined, undefined)).toBe("basic");
  expect(secretMethod(undefined, ["client_secret_post"])).toBe("post");
  expect(secretMethod(undefined, ["client_secret_post", "client_secret_basic"])).toBe("basic");
  expect(secretMethod("client_secret_post", ["client_secret_basic"])).toBe("post");
});

test("client_secret_basic leaves what no decoder needs encoded, and is read back", () => {
  const secret = "abc8Q~x-y_z.1!'()*";
  const sent = basicAuthorization("id", secret);
  expect(Buffer.from(sent.slice(6), "base64").toString()).toBe(`id:${secret}`);
  for (const any of [secret, "a:b+c d%/\u00fc", ""])
    expect(basicSecret(basicAuthorization("i:d", any))).toBe(any);
});

const jwt = (sub: string) =>
  ["e30", Buffer.from(JSON.stringify({ sub })).toString("base64url"), "c2ln"].join(".");
for (const [sub, kind] of [
  ["spiffe://example.org/agent", "jwt-spiffe"],
  ["system:serviceaccount:ns:name", "jwt-bearer"],
] as const)
  test(`client assertion with the subject ${sub} goes as ${kind}`, async () => {
    const request = { headers: {}, body: new URLSearchParams() };
    const assertion = { from: "value", value: jwt(sub) } as const;
    const found = { resource: "r", tokenEndpoint: "https://as/token", discoveredAtMs: 0 };
    const { deps } = memoryDeps();
    const credentials = {
      grant: "client-credentials",
      clientId: "",
      authentication: { kind: "assertion", assertion },
    } as const;
    await authenticateClient(request, credentials, found, deps, 0);
    expect(request.body.get("client_assertion_type")).toBe(
      `urn:ietf:params:oauth:client-assertion-type:${kind}`,
    );
  });

const key = { from: "value", value: makeKey("P-256").forms[0]?.text ?? "" } as const;
const secret = { from: "value", value: "s" } as const;
test.each([
  ["a secret", { kind: "secret", secret }, ["authorization"]],
  [
    "a secret by post",
    { kind: "secret", secret, method: "client_secret_post" },
    ["client_id", "client_secret"],
  ],
  // Not all servers read the client's name out of the assertion.
  ["a key", { kind: "private_key", key }, ["client_id", "client_assertion_type", "client_assertion"]],
  ["nothing", { kind: "none" }, ["client_id"]],
] satisfies [string, Client["authentication"], string[]][])(
  "a client proves itself in one way at a time (RFC 6749 §2.3): %s",
  async (_words, authentication, sent) => {
    const headers: Record<string, string> = {};
    const body = new URLSearchParams();
    const found = { issuer: "https://as", tokenEndpoint: "https://as/token" };
    const { deps } = memoryDeps();
    await authenticateClient({ headers, body }, { clientId: "id", authentication }, found, deps, deps.now());
    expect([...Object.keys(headers), ...body.keys()]).toEqual(sent);
    if (body.has("client_id")) expect(body.get("client_id")).toBe("id");
  },
);
