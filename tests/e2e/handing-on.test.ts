// Tokens handed on to other programs, and what they say of themselves.
import { beforeEach, describe, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../support/home.ts";
import { startGuardedServer } from "../support/mcp/guarded-server.ts";
import { startAuthorizationServer } from "../support/oauth/authorization-server.ts";
import { startSmallWorld } from "../support/oauth/small-world.ts";
import { type Mint, replaceFile, startMint } from "../support/oauth/token-mint.ts";
import { atTerminal } from "../support/terminal.ts";
import { sleep } from "../support/waiting.ts";
import { logIn, startWorld } from "../support/world.ts";

const home = homeForEachTest();
let mint: Mint;
let file: string;
beforeEach(async () => {
  mint = home.owns(await startMint());
  file = join(home.folder, "token");
});
async function logInWith(options?: Parameters<Mint["mint"]>[0], ...args: string[]) {
  const token = await mint.mint(options);
  replaceFile(file, token);
  const { code, stderr } = await home.run(["login", mint.mcp.url, "@svc", "--token-file", "token", ...args]);
  expect([code, stderr.replace(/^warning: .*\n/gm, "")]).toEqual([0, ""]);
  return token;
}

describe("m2mcp token", () => {
  test("prints the token alone, from the shared cache, and asks nobody", async () => {
    const token = await logInWith();
    const before = mint.mcp.requests.length;
    const { code, stdout, stderr } = await home.run(["token", "@svc"]);
    expect([code, stdout, stderr]).toEqual([0, `${token}\n`, ""]);
    expect(mint.mcp.requests.length).toBe(before);
  });

  test("tells type, end, scope and issuer as JSON, which --token-command takes", async () => {
    const token = await logInWith({ lifeS: 200 });
    const said = JSON.parse((await home.run(["token", "@svc", "--json"])).stdout);
    expect(said).toEqual({
      accessToken: token,
      tokenType: "Bearer",
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      scope: "mcp:read",
      issuer: mint.issuer,
      boundTo: null,
    });
    const login = ["login", mint.mcp.url, "@two", "--token-command"];
    const { code } = await home.run([...login, `'${process.cwd()}/build/m2mcp' token @svc --json`]);
    expect(code).toBe(0);
    expect(JSON.parse((await home.run(["token", "@two", "--json"])).stdout)).toEqual(said);
  });

  test("gets the next one where the token is about to end, and what there is where that fails", async () => {
    const first = await logInWith({ lifeS: 8 });
    rmSync(file);
    await sleep(4500);
    expect((await home.run(["token", "@svc"])).stdout).toBe(`${first}\n`);
    const second = await logInWith({ lifeS: 8 });
    await sleep(4500);
    const third = await mint.mint();
    replaceFile(file, third);
    expect((await home.run(["token", "@svc"])).stdout).toBe(`${third}\n`);
    expect(second).not.toBe(third);
  });

  test("is one request for twenty at once", async () => {
    const world = home.owns(await startSmallWorld());
    world.lifeS = 1;
    const env = { M2MCP_CLIENT_SECRET: "s" };
    await home.run(["login", world.url, "@small", "--client-id", "id"], { env });
    await sleep(1100);
    world.lifeS = 600;
    const all = await Promise.all(Array.from({ length: 20 }, () => home.run(["token", "@small"])));
    expect(new Set(all.map(({ stdout, stderr }) => stdout + stderr))).toEqual(new Set(["token-2\n"]));
    expect(world.secrets.length).toBe(2);
  });

  test("is not shown at a terminal unless that is asked for", async () => {
    const token = await logInWith();
    for (const verb of ["token", "headers"]) {
      const refused = atTerminal(home, [verb, "@svc"]);
      expect(await refused.ended).toBe(1);
      await refused.shows(/a token is not shown at a terminal/);
      expect(refused.text()).not.toContain(token.slice(0, 40));
      const shown = atTerminal(home, [verb, "@svc", "--show"]);
      expect(await shown.ended).toBe(0);
      expect(shown.text()).toContain(token.slice(0, 40));
    }
  });

  test("of a server without a login says what is missing, and nothing of what the server wants", async () => {
    for (const verb of ["token", "whoami"]) {
      const missing = await home.run([verb, mint.mcp.url]);
      expect(missing.code).toBe(4);
      expect(missing.stderr).toContain(`error: no login is saved for ${mint.mcp.url}: there is no token\n`);
      expect(missing.stderr).toContain("hint: where it wants one, m2mcp login ");
    }
  });
});

describe("m2mcp headers", () => {
  test("prints one object of headers, with those of the profile", async () => {
    const token = await logInWith(
      undefined,
      "--header",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is written in a shell
      "X-Tenant: ${TENANT}",
      "--header",
      "authorization: x",
    );
    const { code, stdout, stderr } = await home.run(["headers", "@svc"], { env: { TENANT: "acme" } });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toEqual({ "X-Tenant": "acme", Authorization: `Bearer ${token}` });
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });

  test("of tokens bound to a key says that they are none, and the token what it cannot do", async () => {
    const as = home.owns(await startAuthorizationServer({ dpop: { requireNonce: false } }));
    const mcp = home.owns(await startGuardedServer({ issuer: as.issuer, jwksUri: as.jwksUri }));
    const { id, secret } = as.clients.basic;
    const env = { M2MCP_CLIENT_SECRET: secret };
    expect((await home.run(["login", mcp.url, "@bound", "--client-id", id, "--dpop"], { env })).code).toBe(0);
    const headers = await home.run(["headers", "@bound"]);
    expect([headers.code, headers.stdout]).toEqual([4, ""]);
    expect(headers.stderr).toContain("each request needs a proof of its own");
    const token = await home.run(["token", "@bound", "--json"]);
    expect(JSON.parse(token.stdout)).toMatchObject({ tokenType: "DPoP", boundTo: "dpop" });
    expect(token.stderr).toContain("warning: this token is bound to a key that stays here (DPoP)");
  });

  test("of a token bound to a certificate warns of it", async () => {
    await logInWith({ claims: { cnf: { "x5t#S256": "AAAA" } } });
    const { code, stdout, stderr } = await home.run(["headers", "@svc"]);
    expect([code, Object.keys(JSON.parse(stdout))]).toEqual([0, ["Authorization"]]);
    expect(stderr).toContain("bound to the client certificate");
  });
});

describe("m2mcp whoami", () => {
  test("shows what the token says of itself, and that nobody has verified it", async () => {
    const token = await logInWith({ claims: { azp: "client-1", roles: ["Tools.Use"] } });
    const { code, stdout, stderr } = await home.run(["whoami", "@svc"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("token, decoded here and not verified");
    for (const [name, value] of [
      ["issuer", mint.issuer],
      ["subject", "robot"],
      ["client", "client-1"],
      ["audience", mint.mcp.url],
      ["scope", "mcp:read"],
      ["roles", "Tools.Use"],
    ])
      expect(stdout).toMatch(new RegExp(`^ +${name} +${value?.replaceAll(/[.?/]/g, "\\$&")}$`, "m"));
    expect(stdout).not.toContain(token);
  });

  test("says what may be behind a 403", async () => {
    replaceFile(
      file,
      await mint.mint({ audience: "https://other.example/api", claims: { scope: undefined } }),
    );
    const { stdout, stderr } = await home.run(["whoami", mint.mcp.url, "--token-file", "token", "--json"]);
    const { token, notes, verified } = JSON.parse(stdout);
    expect([token.audience, token.scope, verified]).toEqual([["https://other.example/api"], null, false]);
    expect(notes).toEqual([
      `the token is for https://other.example/api, and the server is ${mint.mcp.url}: it may want one that names it`,
      "the token names neither a scope nor a role: a server that goes by them answers 403",
    ]);
    expect(stderr).toContain("hint: the token is for https://other.example/api");
  });

  test("of an opaque token says so", async () => {
    writeFileSync(file, "opaque-token-1");
    const { stdout, stderr } = await home.run(["whoami", mint.mcp.url, "--token-file", "token"]);
    expect(stdout).toMatch(/format +opaque/);
    expect(stderr).toContain("the token is opaque");
    expect(stdout + stderr).not.toContain("opaque-token-1");
  });

  test("of a grant names the client and how it proves itself; what a claim holds steers no terminal", async () => {
    const world = await startWorld();
    try {
      await logIn(world, home);
      const { stdout } = await home.run(["whoami", "@svc"]);
      expect(stdout).toContain(`client ${world.as.clients.basic.id}, by a secret, grant client-credentials`);
      expect(stdout).toMatch(/ issuer +http/);
      const odd = "\u001b[31mred\u0007\nnext";
      replaceFile(file, await mint.mint({ claims: { azp: odd } }));
      const shown = await home.run(["whoami", mint.mcp.url, "--token-file", "token"]);
      for (const control of ["\u001b", "\u0007"]) expect(shown.stdout).not.toContain(control);
      expect(shown.stdout).not.toContain("\nnext");
    } finally {
      await world.end();
    }
  });
});
