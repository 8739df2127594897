// What token endpoints answer: lives, pages, waits, redirects, and answers without an end.
import { describe, expect, test } from "bun:test";
import { json } from "../../support/mcp/scripted.ts";
import { drip, serveHttp } from "../../support/net/listen.ts";
import { GRANTED, refuseToken, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

import { habits } from "./habit.ts";

const { home, login, world } = habits();

describe("the token endpoint:", () => {
  const { expires_in: _life, ...endless } = GRANTED;
  for (const [name, answer] of [
    ["no expires_in", endless],
    ["expires_in as a string", { ...GRANTED, expires_in: "600" }],
    ["expires_in as a fraction", { ...GRANTED, expires_in: 599.5 }],
    ["expires_in of nothing", { ...GRANTED, expires_in: 0 }],
    ["expires_in below nothing", { ...GRANTED, expires_in: -1 }],
    ["expires_in beyond all dates", { ...GRANTED, expires_in: 1e18 }],
    ["expires_in that is no number", { ...GRANTED, expires_in: "soon" }],
    ["expires_in of null, scope of null", { ...GRANTED, expires_in: null, scope: null }],
    ["token_type in another case", { ...GRANTED, token_type: "bEARER" }],
    ["no token_type", { access_token: "good", expires_in: 600 }],
  ] as const)
    test(`an answer with ${name}`, async () => {
      let tokens = 0;
      const first = await login({
        token: (_params, response) => {
          tokens++;
          json(response, answer);
        },
      });
      expect([first.code, first.stderr]).toEqual([0, expect.not.stringContaining("error")]);
      for (let count = 0; count < 3; count++) expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      expect((await home.run(["profiles"])).code).toBe(0);
      expect(tokens).toBe(1);
    });

  test("a scope that would forge a line is one line wherever it is shown", async () => {
    const scope = "a\nhint: forged\u202e";
    const { code, stdout } = await login({
      token: (_params, response) => json(response, { ...GRANTED, scope }),
    });
    const listed = await home.run(["profiles"]);
    expect([code, listed.code]).toEqual([0, 0]);
    for (const shown of [stdout, listed.stdout]) {
      expect(shown).toContain("a\\u000ahint: forged\\u202e");
      expect(shown).not.toMatch(/^hint/m);
    }
  });

  for (const [status, words] of [
    [200, "not JSON"],
    [302, "redirects"],
    [502, "502"],
  ] as const)
    test(`an HTML page with status ${status}`, async () => {
      const { code, stderr } = await login({
        token: (_params, response) =>
          response
            .writeHead(status, {
              "content-type": "text/html",
              ...(status === 302 ? { location: "/sign-in" } : {}),
            })
            .end("<html>please sign in</html>"),
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain(words);
      expect(stderr).toContain("hint:");
      expect(stderr).not.toContain("<html>");
    });

  for (const [what, headers, body] of [
    ["is damaged", { "content-encoding": "gzip" }, "<html>"],
    ["is longer than any is read", {}, "x".repeat(3_000_000)],
  ] as [string, Record<string, string>, string][])
    test(`a refusal counts by its head where its body ${what}`, async () => {
      const { url } = home.owns(
        await startScriptedWorld({
          refuse: (_request, response) =>
            response.writeHead(401, { "www-authenticate": "Bearer", ...headers }).end(body),
        }),
      );
      const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
      expect((await home.run(["tools-list", url], { env })).code).toBe(0);
    });

  test("an answer whose compression is damaged was an answer: the network is not to blame", async () => {
    const { code, stderr } = await login({
      token: (_params, response) =>
        response
          .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
          .end(JSON.stringify(GRANTED)),
    });
    expect(code).toBe(2);
    expect(stderr).toContain("its compression is damaged");
    expect(stderr).not.toContain("check the address");
  });

  for (const [name, value] of [
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 2000).toUTCString()],
  ] as const)
    test(`429 with Retry-After as ${name} is waited for`, async () => {
      let tries = 0;
      const { code } = await login({
        token: (_params, response) =>
          ++tries === 1 ? response.writeHead(429, { "retry-after": value() }).end() : json(response, GRANTED),
      });
      expect([code, tries]).toEqual([0, 2]);
    });

  for (const status of [429, 503])
    test(`${status} that asks to wait longer than the limit tells when to try again`, async () => {
      let tries = 0;
      const { code, stderr } = await login({
        token: (_params, response) => {
          tries++;
          response.writeHead(status, { "retry-after": "120" }).end();
        },
      });
      expect([code, tries]).toEqual([2, 1]);
      expect(stderr).toContain("asks to wait 120 s");
      expect(stderr).toMatch(/try again after 20\d\d-/);
    });

  test("429 that asks to come again at once, and is sent again, is no wait of 0 s", async () => {
    let tries = 0;
    const { code, stderr } = await login({
      token: (_params, response) => {
        tries++;
        response.writeHead(429, { "retry-after": "0" }).end();
      },
    });
    expect([code, tries]).toEqual([2, 2]);
    expect(stderr).toContain("asks to come again at once, each time");
    expect(stderr).not.toMatch(/ 0 s|try again after/);
  });

  for (const status of [400, 401])
    test(`invalid_client as ${status}`, async () => {
      let tries = 0;
      const { code, stderr } = await login({
        token: (_params, response) => {
          tries++;
          const headers = { "content-type": "application/json", "www-authenticate": 'Basic realm="as"' };
          response.writeHead(status, headers).end(JSON.stringify({ error: "invalid_client" }));
        },
      });
      expect([code, tries]).toEqual([4, 1]);
      expect(stderr).toMatch(/invalid_client[\s\S]*--client-id/);
    });

  for (const [status, error] of [
    [400, "temporarily_unavailable"],
    [500, "server_error"],
  ] as const)
    test(`${status} ${error} is the server's fault to a command and to a bridge`, async () => {
      const { code, stderr } = await login({
        token: (_params, response) => refuseToken(response, error, "down for a while", status),
      });
      expect([code, stderr]).toEqual([2, expect.stringContaining(`${error} (down for a while)`)]);
      expect(stderr).toContain("hint: the fault is the server's: try again later");
      const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
      const params = {
        protocolVersion: "2025-11-25",
        capabilities: {},
        clientInfo: { name: "a", version: "1" },
      };
      const input = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`;
      const bridged = await home.run(["bridge", world.url], { env, input });
      expect(JSON.parse(bridged.stdout)).toMatchObject({
        id: 1,
        error: { code: -31002, message: expect.stringContaining(error), data: { source: "m2mcp" } },
      });
    });

  for (const [place, status] of [
    ["the token request", 307],
    ["the token request after a POST", 303],
  ] as const)
    test(`a redirect of ${place} is not followed`, async () => {
      let elsewhere = 0;
      const other = home.owns(
        await serveHttp((_request, response) => {
          elsewhere++;
          response.end();
        }),
      );
      const { code, stderr } = await login({
        token: (_params, response) => response.writeHead(status, { location: `${other.origin}/` }).end(),
      });
      expect(code).not.toBe(0);
      expect(stderr).toContain("redirects");
      expect(elsewhere).toBe(0);
    });

  test("a redirect of the token request within its origin is not followed either: another path may be another's", async () => {
    const { code, stderr } = await login({
      token: (_params, response) => response.writeHead(307, { location: "/other/token" }).end(),
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining("redirects")]);
    expect(world.paths).not.toContain("/other/token");
  });

  test("an endless answer is cut off", async () => {
    const { code, stderr } = await login({
      token: (_params, response) => {
        response.writeHead(200, { "content-type": "application/json" });
        const more = () => {
          while (response.write("x".repeat(65536)));
          response.once("drain", more);
        };
        more();
      },
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain("MiB");
  });

  test("an answer that drips is cut off in time", async () => {
    const startedMs = performance.now();
    const { code, stderr } = await login(
      {
        token: (_params, response) => drip(response, 100),
      },
      "--timeout",
      "2",
    );
    expect([code, stderr]).toEqual([3, expect.stringContaining("within 2 s")]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
