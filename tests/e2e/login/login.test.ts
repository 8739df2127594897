import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { startMcpServer } from "../../support/mcp/mcp-server.ts";
import { startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { startWorld, type World } from "../../support/world.ts";

let world: World;
const home = homeForEachTest();
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const basic = () => world.as.clients.basic;
const login = (...args: string[]) => home.run(["login", world.mcp.url, ...args]);
const lastToken = () => world.as.tokenRequests.at(-1);
const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());

describe("login proves itself", () => {
  test("with a secret by basic, and says what it got", async () => {
    const { code, stdout } = await login(
      "--grant",
      "client-credentials",
      "--client-id",
      basic().id,
      "--client-secret",
      basic().secret,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`resource  ${world.mcp.url}`);
    expect(stdout).toContain(`issuer    ${world.as.issuer}`);
    expect(stdout).toContain("scope     mcp:read");
    expect(stdout).toMatch(/expires +20\d\d-/);
    expect(lastToken()?.authorization).toStartWith("Basic ");
    expect(lastToken()?.params.resource).toBe(world.mcp.url);
  });

  test("with a secret by post", async () => {
    const { id, secret } = world.as.clients.post;
    const { code } = await login(
      "--client-id",
      id,
      "--client-secret",
      secret,
      "--auth-method",
      "client_secret_post",
    );
    expect(code).toBe(0);
    expect(lastToken()?.authorization).toBeUndefined();
    expect(lastToken()?.params.client_id).toBe(id);
  });

  test("with a private key", async () => {
    const { id, privateKeyPem, keyId } = world.as.clients.jwt;
    const path = join(home.folder, "key.pem");
    writeFileSync(path, privateKeyPem);
    const { code, stderr } = await login("--client-id", id, "--private-key", path, "--key-id", keyId);
    expect(stderr).not.toContain("error");
    expect(code).toBe(0);
    const claims = JSON.parse(
      Buffer.from(lastToken()?.params.client_assertion?.split(".")[1] ?? "", "base64url").toString(),
    );
    expect(claims).toMatchObject({ iss: id, sub: id, aud: world.as.issuer });
  });

  test("with the secret in a variable, in a file, on stdin", async () => {
    const file = join(home.folder, "secret");
    writeFileSync(file, `${basic().secret}\n`);
    const ways = [
      await home.run(["login", world.mcp.url, "--client-id", basic().id], {
        env: { M2MCP_CLIENT_SECRET: basic().secret },
      }),
      await login("--client-id", basic().id, "--client-secret-file", file),
      await home.run(["login", world.mcp.url, "--client-id", basic().id, "--client-secret", "-"], {
        input: `${basic().secret}\n`,
      }),
    ];
    expect(ways.map(({ code }) => code)).toEqual([0, 0, 0]);
  });

  test("asks for the scope given", async () => {
    const { code, stdout } = await login(
      "--client-id",
      basic().id,
      "--client-secret",
      basic().secret,
      "--scope",
      "mcp:read mcp:write",
      "--json",
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      scope: "mcp:read mcp:write",
      issuer: world.as.issuer,
      resource: world.mcp.url,
    });
    expect(lastToken()?.params.scope).toBe("mcp:read mcp:write");
  });

  test("takes a token endpoint and asks the authorization server for nothing else", async () => {
    const before = world.mcp.requests.length;
    const { code } = await login(
      "--client-id",
      basic().id,
      "--client-secret",
      basic().secret,
      "--token-endpoint",
      world.as.tokenEndpoint,
    );
    expect(code).toBe(0);
    // The request that proves the address bears the token: none is sent to find a challenge.
    const seen = world.mcp.requests.slice(before);
    expect(seen.filter(({ headers }) => !headers.authorization?.toString().startsWith("Bearer "))).toEqual(
      [],
    );
    expect(seen.filter(({ path }) => path.includes("well-known"))).toEqual([]);
    const list = await home.run(["tools-list", world.mcp.url]);
    expect(list.code).toBe(0);
  });

  test("replaces the credentials of the same server in place", async () => {
    await login("@svc", "--client-id", basic().id, "--client-secret", basic().secret);
    const { id, secret } = world.as.clients.post;
    await login("@svc", "--client-id", id, "--client-secret", secret, "--auth-method", "client_secret_post");
    const { stdout } = await home.run(["profiles", "--json"]);
    const listed = JSON.parse(stdout);
    expect(JSON.stringify(listed).match(/"svc"/g)?.length).toBe(1);
  });
});

describe("login finds its way", () => {
  for (const metadata of ["path", "root"] as const)
    test(`by the well-known place at the ${metadata}, without a challenge`, async () => {
      const mcp = await startMcpServer({
        protect: {
          issuer: world.as.issuer,
          jwksUri: world.as.jwksUri,
          metadata,
          scopesSupported: ["mcp:write"],
        },
      });
      const { code, stdout } = await home.run([
        "login",
        mcp.url,
        "--client-id",
        basic().id,
        "--client-secret",
        basic().secret,
        "--json",
      ]);
      await mcp.stop();
      expect(code).toBe(0);
      expect(JSON.parse(stdout).scope).toBe("mcp:write");
    });
});

describe("login refuses, and stores nothing", () => {
  afterEach(async () => {
    const { stdout } = await home.run(["profiles", "--json"]);
    expect(stdout).not.toContain("http");
  });

  test("a wrong secret", async () => {
    const { code, stderr } = await login("--client-id", basic().id, "--client-secret", "wrong");
    expect(code).toBe(4);
    expect(stderr).toContain("invalid_client");
    expect(stderr).toContain("hint:");
  });

  test("an unknown grant, naming what exists", async () => {
    const { code, stderr } = await login("--grant", "password", "--client-id", "a", "--client-secret", "b");
    expect(code).toBe(1);
    expect(stderr).toContain("client-credentials");
    expect(stderr).toContain("jwt-bearer");
  });

  test("no id, and no secret, naming flags and variables", async () => {
    const noId = await login("--client-secret", "b");
    expect(noId.code).toBe(1);
    expect(noId.stderr).toContain("--client-id");
    expect(noId.stderr).toContain("M2MCP_CLIENT_ID");
    const noSecret = await login("--client-id", "a");
    expect(noSecret.code).toBe(1);
    expect(noSecret.stderr).toContain("--client-secret");
    expect(noSecret.stderr).toContain("M2MCP_CLIENT_SECRET");
  });

  test("a flag with a typo, naming the right one", async () => {
    const { code, stderr } = await login("--client-idd", "a");
    expect(code).toBe(1);
    expect(stderr).toContain("--client-id");
  });

  test("an issuer that is not identical", async () => {
    const liar = home.owns(await startScriptedWorld({ metadata: (origin) => ({ issuer: `${origin}/` }) }));
    const { code, stderr } = await home.run(["login", liar.url, "--client-id", "a", "--client-secret", "b"]);
    expect(code).toBe(4);
    expect(stderr).toContain("another issuer");
  });

  test("plain http beyond loopback", async () => {
    const { code, stderr } = await home.run([
      "login",
      "http://mcp.example.com/mcp",
      "--client-id",
      "a",
      "--client-secret",
      "b",
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("https");
    const tokenEndpoint = await login(
      "--client-id",
      "a",
      "--client-secret",
      "b",
      "--token-endpoint",
      "http://as.example.com/token",
    );
    expect(tokenEndpoint.code).toBe(1);
  });
});

test("several logins for one server: --profile chooses; without it all are named", async () => {
  const { id, secret } = basic();
  for (const name of ["@one", "@two"])
    expect((await login(name, "--client-id", id, "--client-secret", secret)).code).toBe(0);
  const connect = (...args: string[]) => home.run(["connect", world.mcp.url, "@svc", ...args]);
  const open = await connect();
  expect([open.code, open.stderr]).toEqual([1, expect.stringMatching(/@one, @two[\s\S]*--profile @NAME/)]);
  expect((await connect("--profile", "@two")).code).toBe(0);
  const { profiles } = JSON.parse((await home.run(["profiles", "--json"])).stdout);
  expect(profiles.find(({ name }: { name: string }) => name === "svc")).toMatchObject({ login: "two" });
  expect((await connect("--profile", "@none")).stderr).toContain("no profile @none");
});

test("no secret and no token in any output or any file in clear", async () => {
  const secrets = [basic().secret, Buffer.from(basic().secret).toString("base64"), "eyJ"];
  const outputs = [
    await login("@svc", "--client-id", basic().id, "--client-secret", basic().secret, "--verbose"),
    await login("@svc", "--client-id", basic().id, "--client-secret", basic().secret, "--json", "--verbose"),
    await home.run(["@svc", "tools-list", "--verbose", "--json"]),
    await home.run(["profiles", "--json", "--verbose"]),
    await home.run(["doctor", "@svc", "--json", "--verbose"]),
    await home.run(["@svc", "tools-call", "fail", "--verbose"]),
  ];
  for (const { stdout, stderr } of outputs)
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  const files = filesUnder(home.folder);
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    for (const secret of secrets) expect(readFileSync(file).includes(secret)).toBe(false);
    expect(statSync(file).mode & 0o077).toBe(0);
  }
});
