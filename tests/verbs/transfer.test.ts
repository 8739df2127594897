import { describe, expect, test } from "bun:test";
import type { TokenOrigin } from "../../lib/auth/credentials.ts";
import type { Profile } from "../../lib/verbs/target/saved.ts";
import { exportedProfile, FORMAT, VERSION } from "../../lib/verbs/transfer/document.ts";
import { readDocument } from "../../lib/verbs/transfer/read-document.ts";

const CREATED_MS = 1_790_000_000_000;
const VALUE = { from: "value", value: "hunter2" } as const;
const ISSUER = "https://idp.example.com";

const profileOf = (credentials: TokenOrigin): Profile => ({
  name: "svc",
  server: "https://mcp.example.com/mcp",
  credentials,
  createdAtMs: CREATED_MS,
});

/** A profile as it leaves this machine, and as the file brings it to another one. */
function carried(credentials: TokenOrigin) {
  const { profile, missing } = exportedProfile(profileOf(credentials));
  const document = { format: FORMAT, version: VERSION, profiles: [{ ...profile, missing }] };
  const [read] = readDocument(JSON.stringify(document), CREATED_MS);
  return { exported: { profile, missing }, imported: read };
}

const SPIFFE = { from: "spiffe", identity: "spiffe://example.org/ci" } as const;

describe("what export writes, import reads", () => {
  const CLIENT = {
    clientId: "ci",
    authentication: { kind: "secret", method: "client_secret_post", secret: VALUE },
    assertionAudience: "issuer",
    clientAssertionType: "urn:example:assertion",
    issuer: ISSUER,
    tokenEndpoint: `${ISSUER}/token`,
  } as const;
  const ROWS: Record<string, TokenOrigin> = {
    "a client with all that is said of it": {
      ...CLIENT,
      grant: "client-credentials",
      resource: null,
      scope: "a b",
      audience: "aud",
      dpop: true,
      tls: SPIFFE,
    },
    "an identity provider's client with all that is said of it": {
      grant: "id-jag",
      clientId: "ci",
      authentication: { kind: "none" },
      subject: { source: { from: "kubernetes" }, type: "urn:ietf:params:oauth:token-type:id_token" },
      identityProvider: CLIENT,
    },
    "a token of a platform over an X.509-SVID": {
      grant: null,
      token: { from: "kubernetes", lifetimeS: 600 },
      lifetimeMs: 60_000,
      tls: SPIFFE,
    },
    "a token of a file over an X.509-SVID": {
      grant: null,
      token: { from: "file", path: "/run/token" },
      tls: SPIFFE,
    },
    "a signed assertion": {
      grant: "jwt-bearer",
      clientId: "",
      authentication: { kind: "none" },
      assertion: { from: "signed", subject: "bot", key: VALUE, keyId: "k1", signingAlg: "ES256" },
    },
  };
  test.each(Object.entries(ROWS))("%s", (_, credentials) => {
    const { exported, imported } = carried(credentials);
    expect(imported).toEqual(exported);
    expect(JSON.stringify(exported)).not.toContain("hunter2");
  });

  test("an X.509-SVID is no secret of a file, whatever it goes with", () => {
    for (const origin of [
      { grant: null, token: { from: "file", path: "/run/token" } },
      { grant: "client-credentials", clientId: "ci", authentication: { kind: "tls" } },
    ] as const) {
      const { exported } = carried({ ...origin, tls: SPIFFE });
      expect(exported.profile.credentials?.tls).toEqual(SPIFFE);
      expect(exported.missing).not.toContain("client-cert");
    }
  });

  test("a certificate of files is given anew, whatever it goes with", () => {
    for (const origin of [
      { grant: null, token: { from: "file", path: "/run/token" } },
      { grant: "client-credentials", clientId: "ci", authentication: { kind: "tls" } },
    ] as const) {
      const { exported, imported } = carried({ ...origin, tls: { cert: VALUE, key: VALUE } });
      expect(exported.missing).toEqual(expect.arrayContaining(["client-cert", "client-key"]));
      expect(imported).toEqual(exported);
    }
  });
});

test("what import does not take is told by its names alone; what export writes has none of it", () => {
  const credentials = { grant: "client-credentials", clientId: "ci", scopes: "a" } as const;
  const authentication = { kind: "secret", secret: VALUE };
  const read = (of: object) =>
    readDocument(
      JSON.stringify({
        format: FORMAT,
        version: VERSION,
        profiles: [{ name: "svc", server: "https://mcp.example.com/mcp", ...of }],
      }),
      CREATED_MS,
    )[0]?.leftOut;
  expect(read({ readOnly: true, "a\u0007": 1, credentials: { ...credentials, authentication } })).toBe(
    "readOnly, a\\u0007, credentials.scopes, credentials.authentication.secret.value",
  );
  expect(
    read({ tools: { readOnly: false, pin: true }, missing: ["header"], createdAtMs: 1 }),
  ).toBeUndefined();
  expect(read(Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`x${at}`, 1])))).toBe(
    "x0, x1, x2, x3, x4 and 4 more",
  );
});

test("filters of tools go with their profile, each of them", () => {
  const tools = { allow: ["get_*"], deny: ["drop"], readOnly: true, pin: true } as const;
  const profile = { name: "svc", server: "https://mcp.example.com/mcp", tools, createdAtMs: CREATED_MS };
  const text = (of: object) =>
    JSON.stringify({ format: FORMAT, version: VERSION, profiles: [{ ...profile, ...of }] });
  expect(readDocument(text({}), CREATED_MS)[0]?.profile.tools).toEqual({
    ...tools,
    allow: ["get_*"],
    deny: ["drop"],
  });
  const off = { tools: { readOnly: false, pin: false } };
  expect(readDocument(text(off), CREATED_MS)[0]?.profile.tools).toEqual({});
});
