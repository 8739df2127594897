// A token of others that a server refuses says itself what may be wrong with it; none of it is repeated.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { refuseToken, type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

let world: ScriptedWorld;
let error = "";
let words = "not accepted";
let clockAheadS = 0;
beforeAll(async () => {
  world = await startScriptedWorld({
    token(_params, response) {
      response.setHeader("date", new Date(Date.now() + clockAheadS * 1000).toUTCString());
      return refuseToken(response, error, words);
    },
  });
});
afterAll(() => world.stop());
const home = homeForEachTest();

const nowS = () => Math.floor(Date.now() / 1000);
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: object) => `${part({ alg: "none" })}.${part({ jti: "s3cret", ...claims })}.c2lnbmF0dXJl`;
const good = () => ({ aud: world.origin, iat: nowS() - 5, exp: nowS() + 600 });

const USES: [name: string, refusal: string, args: string[], what: string][] = [
  ["the client's proof", "invalid_client", ["--client-id", "id", "--client-assertion-file"], "the assertion"],
  ["the grant", "invalid_grant", ["--grant", "jwt-bearer", "--client-assertion-file"], "the assertion"],
  [
    "what is exchanged",
    "invalid_request",
    ["--grant", "token-exchange", "--subject-token-type", "jwt", "--subject-token-file"],
    "the subject token",
  ],
];
const FAULTS: [name: string, token: () => string, expected: RegExp][] = [
  [
    "has ended",
    () => jwt({ ...good(), exp: nowS() - 320 }),
    /ended 32\d s ago: see that what yields it renews it$/,
  ],
  [
    "is good later",
    () => jwt({ ...good(), nbf: nowS() + 300 }),
    /is good only in (29\d|300) s by the server's clock/,
  ],
  [
    "is made later",
    () => jwt({ ...good(), iat: nowS() + 300 }),
    /is good only in (29\d|300) s by the server's clock/,
  ],
  ["is no JWT", () => "s3cret-and-no-jwt", /is no JWT, three parts/],
];

describe.each(USES)("a refused token that is %s", (_, refusal, args, what) => {
  const run = async (token: string, ahead = 0) => {
    const path = join(home.folder, "token");
    writeFileSync(path, token);
    [error, clockAheadS] = [refusal, ahead];
    const { code, stderr } = await home.run(["tools-list", world.url, ...args, path]);
    expect(code).toBe(4);
    for (const secret of [token, "s3cret", "c2lnbmF0dXJl"]) expect(stderr).not.toContain(secret);
    return /^hint: (.*)$/m.exec(stderr)?.[1] ?? "";
  };

  test.each(FAULTS)("and %s", async (_, token, expected) => {
    const hint = await run(token());
    expect(hint).toStartWith(`${what} `);
    expect(hint).toMatch(expected);
  });

  test("and has ended by the server's clock", async () => {
    expect(await run(jwt(good()), 3600)).toStartWith(`${what} ended 30`);
  });

  test("and shows no fault gets the general hint", async () => {
    const hint = await run(jwt(good()));
    expect(hint).not.toMatch(/ ended | is good only | is no JWT| is for /);
    expect(hint).not.toContain("--assertion-audience");
  });

  if (what === "the assertion")
    test("and is for another, or for nobody, or does not say when it ends", async () => {
      const { exp: _, ...endless } = good();
      expect(await run(jwt({ ...good(), aud: ["https://other.example", "b"] }))).toMatch(
        /^the assertion is for https:\/\/other\.example b, and the server is known as http.*it may have to be for that; .*issuer/,
      );
      expect(await run(jwt({ ...good(), aud: [] }))).toStartWith("the assertion is for nobody, and");
      expect(await run(jwt(endless))).toStartWith("the assertion does not say when it ends (exp)");
      for (const aud of [`${world.origin}/token`, ["x", world.origin]])
        expect(await run(jwt({ ...good(), aud }))).not.toContain(" is for ");
    });
});

test("a refusal that is about something else leaves the token out", async () => {
  const path = join(home.folder, "token");
  for (const one of ["invalid_scope", "temporarily_unavailable", "unauthorized_client", "invalid_target"]) {
    writeFileSync(path, jwt({ ...good(), exp: nowS() - 320 }));
    error = one;
    const { stderr } = await home.run([
      "tools-list",
      world.url,
      "--grant",
      "jwt-bearer",
      "--client-assertion-file",
      path,
    ]);
    expect(stderr).not.toContain("ended");
  }
});

test("a server that says by its own number what is wrong is believed, unless that is of keys of ours", async () => {
  const path = join(home.folder, "token");
  const run = async (number: string) => {
    // A refusal counts for a moment, for what was read alone.
    writeFileSync(path, jwt({ ...good(), exp: nowS() - 320 }));
    [error, words] = ["invalid_client", `AADSTS${number}: no`];
    const { stderr } = await home.run([
      "ping",
      world.url,
      "--client-id",
      "id",
      "--client-assertion-file",
      path,
    ]);
    words = "not accepted";
    return stderr;
  };
  expect(await run("700213")).toContain("federated credential");
  expect(await run("700024")).toContain("the assertion ended 32");
});

test("what is encrypted, or has a type of its own, is the server's to read", async () => {
  const path = join(home.folder, "token");
  error = "invalid_client";
  const run = async (token: string, ...more: string[]) => {
    writeFileSync(path, token);
    const args = ["--client-id", "id", "--client-assertion-file", path, ...more];
    return (await home.run(["tools-list", world.url, ...args])).stderr;
  };
  expect(await run(`${part({ alg: "dir", enc: "A256GCM" })}..aXY.dGV4dA.dGFn`)).not.toContain("is no JWT");
  const saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
  expect(await run("PHNhbWw", "--client-assertion-type", saml)).not.toContain("is no JWT");
});

test("a refusal counts for who reads the same from the variable, and for nobody who reads another", async () => {
  error = "invalid_grant";
  const run = (token: string, ...args: string[]) =>
    home.run(["tools-list", world.url, ...args], {
      env: { TOKEN: token, GITLAB_CI: "true", GITLAB_OIDC_TOKEN: token },
    });
  for (const args of [
    ["--grant", "jwt-bearer", "--client-assertion-env", "TOKEN"],
    ["--grant", "token-exchange", "--subject-token-env", "TOKEN"],
    ["--grant", "jwt-bearer", "--assertion", "gitlab"],
  ]) {
    const before = world.tokenRequests.length;
    const first = jwt(good());
    for (const token of [first, first, jwt({ ...good(), sub: "another" })])
      expect((await run(token, ...args)).stderr).toContain("invalid_grant");
    expect([args, world.tokenRequests.length - before]).toEqual([args, 2]);
  }
});

test.each([
  ["boxed", "the person's token names an issuer that is no http(s) address: boxed"],
  ["javascript:alert(1)", "the person's token names an issuer that is no http(s) address: javascript"],
  ["http://idp.example", "the identity provider http://idp.example is plain http"],
  ["SELF/nowhere", "the identity provider is not found by its issuer: no authorization metadata was found"],
])("a person's token of the issuer %s is not blamed on the server", async (iss, words) => {
  const token = jwt({ ...good(), iss: iss.replace("SELF", world.origin) });
  const args = [
    "--grant",
    "id-jag",
    "--client-id",
    "id",
    "--client-secret",
    "s",
    "--subject-token-env",
    "TOKEN",
  ];
  const { code, stderr } = await home.run(["tools-list", world.url, ...args], { env: { TOKEN: token } });
  expect([code === 0, stderr]).toEqual([false, expect.stringContaining(words)]);
  expect(stderr).not.toMatch(/the authorization server|owner of the server| --(issuer|token-endpoint) /);
  if (!words.includes("plain http")) expect(stderr).toContain("give --idp-issuer URL");
});
