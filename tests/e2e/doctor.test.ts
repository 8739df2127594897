// `m2mcp doctor` against set-ups that are broken, one way each: what it says must let a stranger act.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { homeForEachTest, type Outcome } from "../support/home.ts";
import { json } from "../support/mcp/scripted.ts";
import { makeCertificates } from "../support/net/certificates.ts";
import { deadUrl, listen, serveTcp } from "../support/net/listen.ts";
import {
  GRANTED,
  refuseToken,
  startScriptedWorld,
  type WorldScript,
} from "../support/oauth/scripted-world.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

const home = homeForEachTest();

interface Step {
  name: string;
  ok: boolean;
  saw: string;
  fix?: string;
}
const CREDENTIALS = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "hidden-secret" };

/** Runs the doctor twice, for people and for programs, which must say the same. */
async function examine(target: string, env: Record<string, string> = CREDENTIALS, ...args: string[]) {
  const human = await home.run(["doctor", target, ...args], { env });
  const machine = await home.run(["doctor", target, "--json", ...args], { env });
  expect(machine.code).toBe(human.code);
  const { steps, ok } = JSON.parse(machine.stdout) as { steps: Step[]; ok: boolean };
  for (const { name } of steps) expect(human.stdout).toContain(`${name}: `);
  expect(ok).toBe(human.code === 0);
  for (const { stdout, stderr } of [human, machine]) {
    expect(stdout + stderr).not.toContain("hidden-secret");
    expect(stderr).not.toContain("did not foresee");
  }
  const last = steps.at(-1) as Step;
  for (const step of steps) if (!step.ok) expect(step.fix).toBeTruthy();
  return { code: human.code, steps, last, human: human as Outcome };
}

/** A server that is right but for what is given, and but for its token, which it does not take; resolves with its address. */
async function broken(script: WorldScript): Promise<string> {
  const token: WorldScript["token"] = (_params, response) =>
    json(response, { ...GRANTED, access_token: "other" });
  return home.owns(await startScriptedWorld({ token, ...script })).url;
}

describe("the doctor with all well", () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
  });
  afterEach(() => world.end());

  test("names each step and ends with 0", async () => {
    await logIn(world, home);
    const { code, steps } = await examine("@svc", {});
    expect(code).toBe(0);
    expect(steps.map(({ name }) => name)).toEqual([
      "reach the server",
      "challenge",
      "protected resource metadata",
      "authorization server metadata",
      "credentials",
      "token request",
      "first call",
    ]);
    expect(steps.find(({ name }) => name === "token request")?.saw).toContain(world.mcp.url);
  });

  test("says that the secret is wrong", async () => {
    const { id } = world.as.clients.basic;
    const env = { M2MCP_CLIENT_ID: id, M2MCP_CLIENT_SECRET: "hidden-secret" };
    const { code, last } = await examine(world.mcp.url, env);
    expect([code, last.name]).toEqual([4, "token request"]);
    expect(last.saw).toContain("invalid_client");
    expect(last.fix).toContain("--client-id");
  });

  test("says that the token in use still works when no new one can be had", async () => {
    await logIn(world, home);
    world.as.setTrouble("unavailable");
    const { code, steps, last } = await examine("@svc", {});
    expect([code, last.name, last.ok]).toEqual([4, "first call", true]);
    expect(steps.find(({ ok }) => !ok)?.name).toBe("token request");
  });

  test("says that the authorization server is gone, and that it gives no answer", async () => {
    await logIn(world, home);
    await home.run(["login", world.mcp.url, "@svc", "--client-id", "x"]);
    await world.as.stop();
    const gone = await examine("@svc", {});
    expect(gone.steps.find(({ ok }) => !ok)).toMatchObject({ name: "authorization server metadata" });
    expect(gone.steps.find(({ ok }) => !ok)?.saw).toContain("refused");
  });

  test("says that no credentials are known", async () => {
    const { code, last } = await examine(world.mcp.url, {});
    expect(code).toBe(4);
    expect(last.fix).toContain("m2mcp login");
  });
});

describe("the doctor with something broken", () => {
  const find = (steps: Step[], name: string) => steps.find((step) => step.name === name);

  test("a server that is dead", async () => {
    const { code, last } = await examine(await deadUrl());
    expect([code, last.name]).toEqual([3, "reach the server"]);
    expect(last.saw).toContain("refused");
  });

  test("a server that says nothing", async () => {
    const mute = home.owns(await serveTcp(() => {}));
    const { code, last } = await examine(mute.url, CREDENTIALS, "--timeout", "1");
    expect([code, last.name]).toEqual([3, "reach the server"]);
    expect(last.saw).toContain("no answer within 1 s");
  });

  test("a name that does not exist", async () => {
    const { code, last } = await examine("https://m2mcp.invalid/mcp");
    expect([code, last.name]).toEqual([3, "reach the server"]);
    expect(last.saw).toContain("no such host");
  });

  test("https where http is spoken", async () => {
    const url = await broken({});
    const { code, last } = await examine(url.replace("http:", "https:"));
    expect([code, last.name]).toEqual([3, "reach the server"]);
    expect(last.saw).toMatch(/TLS|closed/);
  });

  test("a certificate of an unknown authority", async () => {
    const certificates = makeCertificates();
    const { certFile, keyFile } = certificates.server;
    const tls = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_, response) =>
      response.end(),
    );
    const { code, last } = await examine(`https://localhost:${await listen(tls)}/mcp`);
    tls.close();
    rmSync(certificates.folder, { recursive: true });
    expect([code, last.name]).toEqual([3, "reach the server"]);
    expect(`${last.saw} ${last.fix}`).toMatch(/authority.*--ca FILE/);
  });

  test("a wrong path", async () => {
    const url = await broken({});
    const { code, last } = await examine(url.replace("/mcp", "/mpc"));
    expect([code, last.name]).toEqual([2, "reach the server"]);
    expect(last.fix).toContain(`${url} looks like one`);
  });

  test("a sign-in page", async () => {
    const url = await broken({
      refuse: (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    });
    const { last } = await examine(url);
    expect(last.saw).toContain("no MCP endpoint at");
    expect(last.saw).toContain("a page for people");
    expect(last.fix).toContain("sign-in");
  });

  test("a server that redirects elsewhere", async () => {
    const url = await broken({
      refuse: (_request, response) =>
        response.writeHead(302, { location: "https://login.example.com/" }).end(),
    });
    const { last } = await examine(url);
    expect(last.saw).toContain("https://login.example.com/");
  });

  test("no metadata anywhere", async () => {
    const url = await broken({ resource: () => 404, metadata: () => 404 });
    const { code, last, steps } = await examine(url);
    expect([code, last.name]).toEqual([4, "authorization server metadata"]);
    expect(find(steps, "protected resource metadata")?.saw).toContain("none");
    expect(last.fix).toContain("--token-endpoint");
  });

  test("metadata that redirects", async () => {
    const url = await broken({ metadata: () => 302 });
    const { last } = await examine(url);
    expect([last.name, last.saw]).toEqual([
      "authorization server metadata",
      expect.stringContaining("redirects"),
    ]);
  });

  test("a wrong resource", async () => {
    const url = await broken({
      resource: (origin) => ({ resource: "https://other.example/mcp", authorization_servers: [origin] }),
    });
    const { code, last } = await examine(url);
    expect([code, last.name]).toEqual([4, "protected resource metadata"]);
    expect(last.saw).toContain("https://other.example/mcp");
  });

  test("a wrong issuer", async () => {
    const url = await broken({
      metadata: (origin) => ({ issuer: `${origin}/`, token_endpoint: `${origin}/token` }),
    });
    const { code, last } = await examine(url);
    expect([code, last.name]).toEqual([4, "authorization server metadata"]);
    expect(last.saw).toContain("another issuer");
  });

  test("an authorization server over plain http", async () => {
    const url = await broken({
      resource: (origin) => ({ resource: `${origin}/mcp`, authorization_servers: ["http://as.example.com"] }),
    });
    const { last } = await examine(url);
    expect([last.name, last.saw]).toEqual([
      "authorization server metadata",
      expect.stringContaining("plain http"),
    ]);
  });

  test("a wrong scope", async () => {
    const url = await broken({
      token: (_params, response) => refuseToken(response, "invalid_scope"),
    });
    const { code, last, steps } = await examine(url, { ...CREDENTIALS, M2MCP_SCOPE: "no-such" });
    expect([code, last.name]).toEqual([4, "token request"]);
    expect(last.fix).toContain("no-such");
    expect(find(steps, "credentials")?.saw).toContain("scope no-such");
  });

  test("a page instead of a token", async () => {
    const url = await broken({
      token: (_params, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    });
    const { last } = await examine(url);
    expect([last.name, last.saw]).toEqual(["token request", expect.stringContaining("not JSON")]);
  });

  test("a token that the server does not take", async () => {
    const url = await broken({});
    const { code, last } = await examine(url);
    expect([code, last.name]).toEqual([4, "first call"]);
    expect(last.saw).toContain("does not accept the token");
  });

  test("a secret that cannot be read, and a command that fails", async () => {
    const url = await broken({});
    // Wrong usage is said before anything is looked at.
    const file = await home.run(["doctor", url], {
      env: { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET_FILE: "/nowhere" },
    });
    expect([file.code, file.stderr]).toEqual([1, expect.stringContaining("--client-secret-file")]);
    const command = await examine(url, {
      M2MCP_CLIENT_ID: "id",
      M2MCP_CLIENT_SECRET_COMMAND: "echo hidden-secret >&2; exit 7",
    });
    expect(command.last.saw).toContain("exit code 7");
  });

  test("an assertion that has ended", async () => {
    const url = await broken({
      token: (_params, response) => refuseToken(response, "invalid_grant"),
    });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: "https://idp", aud: "https://as", exp: Math.floor(Date.now() / 1000) - 90 };
    const path = join(home.folder, "assertion");
    writeFileSync(path, `${part({ alg: "none" })}.${part(claims)}.hidden-secret`);
    const env = { M2MCP_GRANT: "jwt-bearer", M2MCP_CLIENT_ASSERTION_FILE: path };
    const { code, last, steps } = await examine(url, env);
    expect([code, last.name]).toEqual([4, "token request"]);
    expect(find(steps, "credentials")?.saw).toMatch(/of https:\/\/idp for https:\/\/as; it ended 9\d s ago/);
    expect(last.fix).toContain("assertion");
  });

  test("a clock that is wrong", async () => {
    const url = await broken({
      refuse: (_request, response) =>
        response
          .writeHead(401, {
            "www-authenticate": "Bearer",
            date: new Date(Date.now() + 600_000).toUTCString(),
          })
          .end(),
    });
    const { steps, human } = await examine(url);
    // The header has whole seconds, and the answer takes its time on the way.
    const behindS = Number(/(\d+) s behind the server's/.exec(find(steps, "clock")?.saw ?? "")?.[1]);
    expect(Math.abs(behindS - 600)).toBeLessThan(5);
    expect(human.stdout).toContain("note  clock");
  });
});
