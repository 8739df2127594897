// Tokens of others in exchange for the server's: RFC 8693 at its authorization server, and an identity provider that
// vouches for a person (ID-JAG), both real (oidc-provider).
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeJwt, exportJWK, importSPKI } from "jose";
import { makeKey } from "../../auth/key-forms.ts";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED } from "../../support/messages.ts";
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from "../../support/oauth/authorization-server.ts";
import {
  exchanging,
  type Issuer,
  JWT_BEARER,
  startIssuer,
  TOKEN_EXCHANGE,
  trusting,
  vouching,
} from "../../support/oauth/exchange-grants.ts";
import { startWorld, type World } from "../../support/world.ts";

const URN = "urn:ietf:params:oauth:token-type:";
const home = homeForEachTest();
const file = (name: string, text: string) => {
  const path = join(home.folder, name);
  writeFileSync(path, text);
  return path;
};
const running: { end?(): Promise<void>; stop?(): Promise<void> }[] = [];
const owns = <T extends (typeof running)[number]>(one: T): T => {
  running.push(one);
  return one;
};
afterAll(async () => {
  for (const one of running) await (one.end ?? one.stop)?.();
});
const client = (id: string, grant: string, more: object = {}) => ({
  client_id: id,
  client_secret: `${id}-s3cret`,
  grant_types: [grant],
  ...more,
});

describe("token exchange", () => {
  let world: World;
  let platform: Issuer;
  beforeAll(async () => {
    platform = owns(await startIssuer());
    world = owns(
      await startWorld({
        extend: exchanging(platform),
        clients: [
          client("exchanger", TOKEN_EXCHANGE),
          client("public", TOKEN_EXCHANGE, { token_endpoint_auth_method: "none", client_secret: undefined }),
        ],
      }),
    );
  });
  const token = (lifeS?: number) => platform.sign({ sub: "job-7", aud: world.as.issuer }, lifeS);
  const login = (args: string[], env: Record<string, string> = {}) =>
    home.run(["login", world.mcp.url, "@svc", "--grant", "token-exchange", ...args], { env });

  test("a subject's token from a file, and an actor's from a command, are read anew for each exchange", async () => {
    const path = file("subject", `${await token()}\n`);
    const actor = file("actor", await token());
    const args = ["--subject-token-file", path, "--actor-token-command", `cat ${actor}`];
    args.push("--actor-token-type", "jwt", "--audience", "api", "--client-id", "exchanger");
    const given = await login([...args, "--requested-token-type", "access_token"], {
      M2MCP_CLIENT_SECRET: "exchanger-s3cret",
    });
    expect([given.code, given.stderr]).toEqual([0, given.stderr]);
    const { params } = world.as.tokenRequests.at(-1) ?? {};
    expect(params).toMatchObject({
      grant_type: TOKEN_EXCHANGE,
      subject_token: readFileSync(path, "utf8").trim(),
      subject_token_type: `${URN}jwt`,
      actor_token: readFileSync(actor, "utf8"),
      actor_token_type: `${URN}jwt`,
      requested_token_type: `${URN}access_token`,
      audience: "api",
      resource: world.mcp.url,
    });
    expect((await home.run(["@svc", "ping"])).code).toBe(0);
    const next = await token();
    writeFileSync(path, next);
    expect((await home.run(["doctor", "@svc"])).code).toBe(0);
    expect(world.as.tokenRequests.at(-1)?.params.subject_token).toBe(next);
  });

  test("a public client, and none that is named, by variables alone", async () => {
    const env = { M2MCP_GRANT: "token-exchange", M2MCP_SUBJECT_TOKEN_COMMAND: `echo ${await token()}` };
    const ping = (more: object) => home.run(["ping", world.mcp.url], { env: { ...env, ...more } });
    expect((await ping({ M2MCP_CLIENT_ID: "public" })).code).toBe(0);
    expect((await ping({})).code).toBe(4);
    expect(world.as.tokenRequests.at(-1)?.params.client_id).toBeUndefined();
  });

  test("a refused subject is explained, and never shown", async () => {
    const stale = await token(-60);
    const path = file("subject", stale);
    const args = ["--subject-token-file", path, "--client-id", "public"];
    const { code, stderr } = await login(args);
    expect([code, stderr]).toEqual([4, expect.stringContaining("the subject token ended 6")]);
    expect(stderr).not.toContain(stale.slice(-20));
    const stranger = await startIssuer();
    const foreign = file("foreign", await stranger.sign({ sub: "job-7", aud: world.as.issuer }));
    await stranger.stop();
    const other = await login(["--subject-token-file", foreign, "--client-id", "public"]);
    expect([other.code, other.stderr]).toEqual([4, expect.stringContaining("--subject-token-type")]);
    expect(other.stderr).toContain("the subject token was not accepted");
    const doctor = await home.run(["doctor", world.mcp.url, "--grant", "token-exchange", ...args]);
    expect([doctor.code, doctor.stdout]).toEqual([
      4,
      expect.stringMatching(/subject token of .*it ended 6\d s ago/),
    ]);
    const typed = await login([...args, "--subject-token-type", "id_token"]);
    expect([typed.code, typed.stderr]).toEqual([4, expect.stringContaining("subject_token_type")]);
  });

  test("what is exchanged for no access token is none", async () => {
    const args = ["--subject-token-file", file("subject", await token()), "--client-id", "public"];
    const { code, stderr } = await login([...args, "--requested-token-type", "saml2"]);
    expect([code, stderr]).toEqual([4, expect.stringContaining(`no access token, but ${URN}saml2`)]);
  });

  test.each([
    [["--client-id", "x"], "give one of --subject-token-file PATH (M2MCP_SUBJECT_TOKEN_FILE)"],
    [["--subject-token-file", "f", "--subject-token-command", "c"], "exclude each other"],
    [["--subject-token-command", "c", "--subject-token-type", "id token"], "unknown --subject-token-type"],
    [["--subject-token", "mainframe"], "unknown platform mainframe"],
  ])("wrong usage %j: %s", async (args, why) => {
    const { code, stderr } = await login(args);
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
  });
});

describe("a person for whom an identity provider vouches", () => {
  let idp: AuthorizationServer;
  let world: World;
  let person: Issuer;
  beforeAll(async () => {
    person = owns(await startIssuer());
    const key = makeKey("P-256");
    const jwk = { ...(await exportJWK(await importSPKI(key.publicPem, "ES256"))), alg: "ES256", kid: "idp" };
    const audiences: string[] = [];
    idp = owns(
      await startAuthorizationServer({
        extend: vouching({
          as: person,
          clientAt: { "at-idp": "at-server", "by-key": "at-server" },
          audiences,
        }),
        clients: [
          client("at-idp", TOKEN_EXCHANGE),
          client("by-key", TOKEN_EXCHANGE, {
            client_secret: undefined,
            token_endpoint_auth_method: "private_key_jwt",
            token_endpoint_auth_signing_alg: "ES256",
            jwks: { keys: [jwk] },
          }),
        ],
      }),
    );
    person.issuer = idp.issuer;
    world = owns(
      await startWorld({
        extend: trusting(person, (issuer) => issuer, "oauth-id-jag+jwt"),
        clients: [client("at-server", JWT_BEARER)],
      }),
    );
    audiences.push(world.as.issuer);
    idpKey = key.forms[0]?.text ?? "";
  });
  let idpKey = "";
  const idToken = (aud: string, lifeS?: number) => person.sign({ sub: "person", aud }, lifeS);
  const SECRETS = { M2MCP_CLIENT_SECRET: "at-server-s3cret", M2MCP_IDP_CLIENT_SECRET: "at-idp-s3cret" };
  const args = (...more: string[]) => [
    world.mcp.url,
    "--grant",
    "id-jag",
    "--client-id",
    "at-server",
    ...more,
  ];
  const login = (more: string[], env: Record<string, string> = SECRETS) =>
    home.run(["login", world.mcp.url, "@svc", ...args(...more).slice(1)], { env });
  const at = (path: string) => ["--idp-issuer", idp.issuer, "--subject-token-file", path];

  test("both endpoints are found, each is shown its own client, and the grant is made anew for each token", async () => {
    const path = file("id-token", await idToken("at-idp"));
    const given = await login(at(path));
    expect([given.code, given.stderr]).toEqual([0, given.stderr]);
    const [asked, used] = [idp.tokenRequests.at(-1), world.as.tokenRequests.at(-1)];
    expect(asked?.params).toMatchObject({
      grant_type: TOKEN_EXCHANGE,
      requested_token_type: `${URN}id-jag`,
      audience: world.as.issuer,
      resource: world.mcp.url,
      scope: "mcp:read",
      subject_token: readFileSync(path, "utf8"),
      subject_token_type: `${URN}id_token`,
    });
    const basic = (id: string) => `Basic ${Buffer.from(`${id}:${id}-s3cret`).toString("base64")}`;
    expect([asked?.authorization, used?.authorization]).toEqual([basic("at-idp"), basic("at-server")]);
    expect(used?.params.grant_type).toBe(JWT_BEARER);
    expect(decodeJwt(used?.params.assertion ?? "")).toMatchObject({ sub: "person", client_id: "at-server" });
    // The next token takes an assertion of its own, without asking for the provider's metadata again.
    const { say, answer } = startBridge(home, ["@svc"]);
    say(INITIALIZE);
    await answer(1);
    say(INITIALIZED, call(2, "echo", { text: "hi" }));
    expect((await answer(2)).result.content[0].text).toBe("hi");
    expect((await home.run(["doctor", "@svc"])).code).toBe(0);
    expect(world.as.tokenRequests.at(-1)?.params.assertion).not.toBe(used?.params.assertion);
  });

  test("the identity provider and the client's id there are those of the ID token; login records the first", async () => {
    const path = file("id-token", await idToken("by-key"));
    const key = file("key.pem", idpKey);
    const { M2MCP_CLIENT_SECRET } = SECRETS;
    const more = ["--subject-token-file", path, "--idp-private-key", key, "--idp-key-id", "idp"];
    const given = await login(more, { M2MCP_CLIENT_SECRET });
    expect([given.code, given.stderr]).toEqual([0, given.stderr]);
    const assertion = decodeJwt(idp.tokenRequests.at(-1)?.params.client_assertion ?? "");
    expect([assertion.iss, assertion.aud]).toEqual(["by-key", idp.issuer]);
    // Another's ID token is not taken to that other.
    const other = owns(await startIssuer());
    writeFileSync(path, await other.sign({ sub: "person", aud: "by-key" }));
    const refused = await home.run(["doctor", "@svc"]);
    expect([refused.code, refused.stdout]).toEqual([4, expect.stringContaining(new URL(idp.issuer).host)]);
  });

  test("a SAML assertion is exchanged once, for a refresh token that is kept", async () => {
    const path = file("saml.xml", '<saml:Assertion xmlns:saml="x">…</saml:Assertion>\n');
    const more = ["--idp-client-id", "at-idp", ...at(path)];
    const before = idp.arrivals();
    const given = await login(more);
    expect([given.code, given.stderr]).toEqual([0, given.stderr]);
    expect(idp.arrivals()).toBe(before + 2);
    expect(idp.tokenRequests.at(-2)?.params).toMatchObject({
      subject_token: Buffer.from(readFileSync(path, "utf8").trim()).toString("base64url"),
      subject_token_type: `${URN}saml2`,
      requested_token_type: `${URN}refresh_token`,
    });
    expect(idp.tokenRequests.at(-1)?.params.subject_token_type).toBe(`${URN}refresh_token`);
    expect((await home.run(["doctor", "@svc"])).code).toBe(0);
    expect(idp.arrivals()).toBe(before + 3);
  });

  test("a refusal of the identity provider is told apart from the server's, and shows nothing secret", async () => {
    const stale = await idToken("at-idp", -30);
    const cases: [string, Record<string, string>, string][] = [
      [stale, SECRETS, "the person's token ended 3"],
      [await idToken("somebody"), SECRETS, "for --idp-client-id"],
      [await idToken("at-idp"), { ...SECRETS, M2MCP_IDP_CLIENT_SECRET: "wr0ng" }, "check --idp-client-id"],
      [await idToken("at-idp"), { ...SECRETS, M2MCP_CLIENT_SECRET: "wr0ng" }, "check --client-id"],
    ];
    for (const [token, env, why] of cases) {
      const more = ["--idp-client-id", "at-idp", ...at(file("id-token", token))];
      const { code, stderr } = await home.run(["ping", ...args(...more)], { env });
      expect([code, stderr]).toEqual([4, expect.stringContaining(why)]);
      for (const secret of [token.slice(-20), "wr0ng", ...Object.values(SECRETS)])
        expect(stderr).not.toContain(secret);
    }
  });

  test.each([
    [[], "give one of --subject-token-file"],
    [["--subject-token-command", "c"], "give --idp-issuer URL"],
    [
      ["--subject-token-command", "c", "--idp-issuer", "x", "--idp-auth-method", "magic"],
      "unknown --idp-auth-method",
    ],
    [
      ["--subject-token-command", "c", "--idp-private-key", "/nowhere"],
      "--idp-private-key and M2MCP_IDP_PRIVATE_KEY take a path",
    ],
  ])("wrong usage %j: %s", async (more, why) => {
    const env = more.includes("--idp-private-key") ? { M2MCP_CLIENT_SECRET: "s" } : SECRETS;
    const { code, stderr } = await home.run(["ping", ...args(...more)], { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
  });

  test("config changes one half, export leaves out what is secret, and import says what is missing", async () => {
    const path = file("id-token", await idToken("at-idp"));
    await login(at(path));
    const wrong = await home.run(["config", "@svc", "idp-client-secret=wr0ng"]);
    expect([wrong.code, wrong.stderr]).toEqual([0, wrong.stderr]);
    expect((await home.run(["@svc", "ping"])).code).toBe(4);
    const right = await home.run(["config", "@svc", "idp-client-secret=-"], { input: "at-idp-s3cret\n" });
    expect([right.code, right.stderr]).toEqual([0, right.stderr]);
    expect((await home.run(["@svc", "ping"])).code).toBe(0);
    const { stdout } = await home.run(["export", "@svc"]);
    for (const secret of [...Object.values(SECRETS), path]) expect(stdout).not.toContain(secret);
    const there = { M2MCP_HOME: join(home.folder, "there") };
    const taken = await home.run(["import", "-"], { env: there, input: stdout });
    expect(taken.stdout).toMatch(/client-secret=-.*|idp-client-secret=-.*|subject-token-file=PATH/s);
    for (const [setting, input] of [
      ["client-secret=-", "at-server-s3cret"],
      ["idp-client-secret=-", "at-idp-s3cret"],
      [`subject-token-file=${path}`, ""],
    ] as const)
      expect((await home.run(["config", "@svc", setting], { env: there, input })).code).toBe(0);
    expect((await home.run(["@svc", "ping"], { env: there })).code).toBe(0);
  });
});

test.each(["--private-key", "--sign-command"])(
  "an assertion of the client's own as the grant is signed with %s, for the token endpoint, about whom it says",
  async (how) => {
    const issuer = owns(await startIssuer());
    const key = makeKey("P-256");
    const pem = file("key.pem", key.forms[0]?.text ?? "");
    issuer.issuer = "boxed";
    issuer.keys = () => importSPKI(key.publicPem, "ES256");
    const clients = [client("boxed", JWT_BEARER)];
    const extend = trusting(issuer, (as) => `${as}/token`);
    const world = owns(await startWorld({ extend, clients }));
    const value = how === "--private-key" ? pem : `openssl dgst -sha256 -sign ${pem}`;
    const args = ["--grant", "jwt-bearer", "--client-id", "boxed", how, value, "--signing-alg", "ES256"];
    const given = await home.run(
      ["login", world.mcp.url, "@svc", ...args, "--assertion-subject", "person@example.com"],
      { env: { M2MCP_CLIENT_SECRET: "boxed-s3cret" } },
    );
    expect([given.code, given.stderr]).toEqual([0, given.stderr]);
    const { params, authorization } = world.as.tokenRequests.at(-1) ?? {};
    expect(decodeJwt(params?.assertion ?? "")).toMatchObject({
      iss: "boxed",
      sub: "person@example.com",
      aud: `${world.as.issuer}/token`,
    });
    // The key signs the grant, and the secret proves the client.
    expect([params?.client_assertion, authorization?.startsWith("Basic ")]).toEqual([undefined, true]);
    expect((await home.run(["@svc", "ping"])).code).toBe(0);
    // Without one the assertion alone says who it is.
    await home.run(["ping", world.mcp.url, ...args]);
    const alone = world.as.tokenRequests.at(-1);
    expect([alone?.params.client_id, alone?.authorization]).toEqual([undefined, undefined]);
  },
);
