// The life of what proves a client: replaced with overlap it loses no call, and doctor sees its end before it comes.
import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import { makeKey } from "../../auth/key-forms.ts";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { call, INITIALIZE, INITIALIZED } from "../../support/messages.ts";
import { refuseToken, startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { sleep } from "../../support/waiting.ts";

const home = homeForEachTest();
const file = (name: string, text: string) => {
  const path = join(home.folder, name);
  writeFileSync(path, text);
  return path;
};

/** A server whose client may have several secrets at once; with a secret its tokens end. */
async function worldOfSecrets(lifeS: number) {
  const secrets = new Set(["old-s3cret"]);
  const tokens = new Map<string, string>();
  const used: string[] = [];
  const world = home.owns(
    await startScriptedWorld({
      before(request, response, body) {
        const secret = tokens.get(request.headers.authorization?.replace("Bearer ", "") ?? "");
        if (request.url !== "/mcp" || !secret || !secrets.has(secret)) return false;
        const { id, method } = JSON.parse(body || "{}");
        used.push(secret);
        if (id === undefined) response.writeHead(202).end();
        else if (method === "initialize") {
          const serverInfo = { name: "rotating", version: "1" };
          json(response, {
            jsonrpc: "2.0",
            id,
            result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo },
          });
        } else
          json(response, {
            jsonrpc: "2.0",
            id,
            result: { content: [{ type: "text", text: "hi" }], tools: [] },
          });
        return true;
      },
      token(params, response, request) {
        const basic = Buffer.from(
          request.headers.authorization?.replace("Basic ", "") ?? "",
          "base64",
        ).toString();
        const secret = params.get("client_secret") ?? basic.split(":")[1] ?? "";
        if (!secrets.has(secret)) return refuseToken(response, "invalid_client", undefined, 401);
        const token = `t${tokens.size}`;
        tokens.set(token, secret);
        return json(response, { access_token: token, token_type: "Bearer", expires_in: lifeS });
      },
    }),
  );
  return { world, secrets, used };
}

describe("a new secret while the old one still works", () => {
  test.each([
    ["token that lasts", 600],
    ["tokens of two seconds", 2],
  ])("loses no call of a running bridge: %s", async (_, lifeS) => {
    const { world, secrets, used } = await worldOfSecrets(lifeS);
    const login = (secret: string) =>
      home.run(["login", world.url, "@svc", "--client-id", "id"], { env: { M2MCP_CLIENT_SECRET: secret } });
    expect((await login("old-s3cret")).code).toBe(0);
    const bridge = startBridge(home, ["@svc"], { env: { M2MCP_PROTOCOL: "2025-11-25" } });
    bridge.say(INITIALIZE);
    await bridge.answer(1);
    bridge.say(INITIALIZED);
    let isCalling = true;
    const answers: unknown[] = [];
    const calling = (async () => {
      for (let id = 2; isCalling; id++) {
        bridge.say(call(id));
        answers.push((await bridge.answer(id)).error);
        await sleep(20);
      }
    })();
    await sleep(500);
    // The overlap: both are good, the login takes the new one, the old one is revoked with all its tokens.
    secrets.add("new-s3cret");
    expect((await login("new-s3cret")).code).toBe(0);
    await sleep(500);
    secrets.delete("old-s3cret");
    await sleep(2500);
    isCalling = false;
    await calling;
    expect(answers.length).toBeGreaterThan(50);
    expect(answers.filter((error) => error !== undefined)).toEqual([]);
    expect(used.at(-1)).toBe("new-s3cret");
  });

  test("one that was revoked is told from one that was mistyped", async () => {
    const { world, secrets } = await worldOfSecrets(1);
    const login = (secret: string) =>
      home.run(["login", world.url, "@svc", "--client-id", "id"], { env: { M2MCP_CLIENT_SECRET: secret } });
    const mistyped = await login("0ld-s3cret");
    expect([mistyped.code, mistyped.stderr]).toEqual([4, expect.not.stringContaining("not mistyped")]);
    expect((await login("old-s3cret")).code).toBe(0);
    secrets.clear();
    await sleep(1100);
    const revoked = await home.run(["@svc", "tools-list"]);
    expect([revoked.code, revoked.stderr]).toEqual([4, expect.stringContaining("so it is not mistyped")]);
    // One that config has put there has got no token yet.
    await home.run(["config", "@svc", "client-secret=-"], { input: "0ther-s3cret" });
    const other = await home.run(["@svc", "tools-list"]);
    expect([other.code, other.stderr]).toEqual([4, expect.not.stringContaining("not mistyped")]);
  });
});

describe("doctor sees the end of what proves the client", () => {
  const DAY = 24 * 3600;
  const nowS = () => Math.floor(Date.now() / 1000);
  type Step = { name: string; ok: boolean; saw: string; fix?: string };
  async function lifeIn(args: string[], env: Record<string, string> = {}): Promise<Step | undefined> {
    const world = home.owns(await startScriptedWorld());
    const { stdout } = await home.run(["doctor", world.url, ...args, "--json"], { env });
    const { steps } = JSON.parse(stdout) as { steps: Step[] };
    return steps.find(({ name }) => name === "life of credentials");
  }
  const certificate = (days: number) => {
    const [key, cert] = [
      file("key.pem", makeKey("P-256").forms[0]?.text ?? ""),
      join(home.folder, "cert.pem"),
    ];
    execFileSync(
      "openssl",
      ["req", "-x509", "-key", key, "-days", `${days}`, "-subj", "/CN=m", "-out", cert],
      {
        stdio: "ignore",
      },
    );
    return ["--client-id", "id", "--private-key", key, "--certificate", cert];
  };

  test.each([
    [400, false],
    [9, false],
  ])("a certificate for %i days that has just begun is no matter", async (days, soon) => {
    const step = await lifeIn(certificate(days));
    expect([step?.ok, step?.saw, step?.fix !== undefined]).toEqual([
      true,
      expect.stringMatching(/certificate of the key ends \d{4}-\d\d-\d\d, in \d+ days/),
      soon,
    ]);
  });

  const jwt = (beganS: number, endsS: number) =>
    new SignJWT({ sub: "x", iat: nowS() + beganS, exp: nowS() + endsS })
      .setProtectedHeader({ alg: "HS256" })
      .sign(new Uint8Array(32));
  test.each([
    ["early in its life", -600, 3000, false],
    ["late in it: who renews it has not", -3300, 300, true],
    ["past its end", -7200, -600, true],
    ["of a year, in its last month", -340 * DAY, 25 * DAY, true],
  ])("a token in a file, %s", async (_, beganS, endsS, soon) => {
    const path = file("token", await jwt(beganS, endsS));
    const step = await lifeIn(["--grant", "jwt-bearer", "--client-assertion-file", path]);
    expect(step?.saw).toMatch(endsS < 0 ? /^assertion ended .* ago$/ : /^assertion ends /);
    expect(step?.fix?.startsWith("see that what puts the assertion there renews it") ?? false).toBe(soon);
  });

  test.each([
    [10 * DAY, true],
    [100 * DAY, false],
    [0, undefined],
  ])("a secret with the answer to its registration: in %i s", async (endsS, soon) => {
    const registration = {
      client_id: "id",
      client_secret: "old-s3cret",
      client_secret_expires_at: endsS && nowS() + endsS,
    };
    const path = file("registration.json", JSON.stringify(registration, null, 2));
    const { world } = await worldOfSecrets(600);
    const given = await home.run([
      "login",
      world.url,
      "@svc",
      "--client-id",
      "id",
      "--client-secret-file",
      path,
    ]);
    expect([given.code, given.stderr]).toEqual([0, given.stderr]);
    const { stdout } = await home.run(["doctor", "@svc", "--json"]);
    expect(stdout).not.toContain("old-s3cret");
    const { steps } = JSON.parse(stdout) as { steps: Step[] };
    const step = steps.find(({ name }) => name === "life of credentials");
    expect(step && step.fix !== undefined).toBe(soon);
    if (soon) expect(step?.fix).toContain("m2mcp config @NAME client-secret=-");
  });

  test("what is no certificate ends nothing but its own step", async () => {
    const key = file("key.pem", makeKey("P-256").forms[0]?.text ?? "");
    const step = await lifeIn([
      "--client-id",
      "id",
      "--private-key",
      key,
      "--certificate",
      file("c.pem", "x"),
    ]);
    expect(step).toBeUndefined();
  });
});
