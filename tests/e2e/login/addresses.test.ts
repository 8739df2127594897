// An address that is no MCP endpoint, is for people, or is out of order: told apart, said plainly, and nothing stored
// that would not work.
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { type Home, inHome } from "../../support/home.ts";
import { startMcpServer } from "../../support/mcp/mcp-server.ts";
import { serveHttp } from "../../support/net/listen.ts";
import { refuseToken, startScriptedWorld, type WorldScript } from "../../support/oauth/scripted-world.ts";

type Answering = (request: IncomingMessage, response: ServerResponse) => unknown;
const SECRET = { env: { M2MCP_CLIENT_SECRET: "s" } };
const page = (response: ServerResponse, html: string, status = 200) =>
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(html);
const HOME_PAGE = "<!doctype html><title>Welcome to Acme</title><h1>Acme</h1>";
const FORM = "<html><body><form><input name=u><input name='p' type=\"password\"></form></body></html>";

/** What stands at an address beside the endpoint, or in its place. */
const BESIDE: [what: string, answer: Answering, says: RegExp][] = [
  [
    "404",
    (_, response) => response.writeHead(404).end("no"),
    /there is no MCP endpoint at \S+, which answers with HTTP status 404/,
  ],
  [
    "405",
    (_, response) => response.writeHead(405).end(),
    /no MCP endpoint at \S+, which answers with HTTP status 405/,
  ],
  [
    "a home page",
    (_, response) => page(response, HOME_PAGE),
    /no MCP endpoint at \S+, which answers with a page for people/,
  ],
  [
    "a page that is 404",
    (_, response) => page(response, "<html><title>Log in to see more</title>", 404),
    /no MCP endpoint at \S+, which answers with HTTP status 404/,
  ],
  [
    "a login form",
    (_, response) => page(response, FORM),
    /leads to a page where people sign in, which takes a browser/,
  ],
  [
    "a page to sign in at",
    (_, response) => page(response, "<html><title>Sign in · Acme</title>"),
    /leads to a page where people sign in/,
  ],
  [
    "a redirect to such a page",
    ({ url }, response) =>
      url?.startsWith("/login")
        ? page(response, HOME_PAGE)
        : response.writeHead(302, { location: "/login?to=x" }).end(),
    /where people sign in \(http:\S+\/login\?to=…\)/,
  ],
  [
    "a redirect to a login elsewhere",
    (_, response) => response.writeHead(302, { location: "https://sso.example.com/start" }).end(),
    /where people sign in \(https:\/\/sso\.example\.com\/start\)/,
  ],
];

const nothingStored = (home: Home) => expect(existsSync(join(home.folder, "store", "profiles"))).toBeFalse();

describe.each(BESIDE)("%s", (what, answer, says) => {
  const exitCode = says.source.includes("sign in") ? 4 : 2;

  test.concurrent(
    "at a server of which nothing is known",
    inHome(async (home) => {
      const server = home.owns(await serveHttp((request, response) => answer(request, response)));
      for (const args of [
        ["login", server.origin, "@x", "--client-id", "id"],
        ["connect", server.origin, "@x"],
      ]) {
        const { code, stdout, stderr } = await home.run(args, args[0] === "login" ? SECRET : {});
        expect([what, code, stdout]).toEqual([what, exitCode, ""]);
        expect(stderr).toMatch(says);
        expect(stderr).toContain("often /mcp");
        nothingStored(home);
      }
    }),
  );

  test.concurrent(
    "beside the endpoint, which is named",
    inHome(async (home) => {
      const world = home.owns(await startScriptedWorld({ before: beside(answer) }));
      const { code, stdout, stderr } = await home.run(
        ["login", world.origin, "@x", "--client-id", "id"],
        SECRET,
      );
      expect([what, code, stdout]).toEqual([what, exitCode, ""]);
      expect(stderr).toMatch(new RegExp(says.source.replace("which answers", "which answers the token")));
      expect(stderr).toContain(`hint: ${world.url} looks like`);
      nothingStored(home);
    }),
  );

  test.concurrent(
    "for the token that the metadata of the whole host led to",
    inHome(async (home) => {
      const world = home.owns(
        await startScriptedWorld({
          resource: (origin) => ({ resource: origin }),
          before(request, response, body) {
            if (request.url?.startsWith("/.well-known/oauth-protected-resource"))
              request.url = "/.well-known/oauth-protected-resource/mcp";
            if (request.url === "/wrong" && request.method === "POST" && !request.headers.authorization)
              return response.writeHead(401, { "www-authenticate": "Bearer" }).end() && true;
            return beside(answer)(request, response, body);
          },
        }),
      );
      const { code, stdout, stderr } = await home.run(
        ["login", `${world.origin}/wrong`, "@x", "--client-id", "id"],
        SECRET,
      );
      expect([what, code, stdout]).toEqual([what, exitCode, ""]);
      expect(stderr).toMatch(new RegExp(says.source.replace("which answers", "which answers the token")));
      expect(stderr).toContain(`hint: ${world.url} looks like`);
      expect(world.tokenRequests).toHaveLength(1);
      nothingStored(home);
    }),
  );
});

/** Answers everything but the endpoint, metadata and tokens. */
const beside =
  (answer: Answering): NonNullable<WorldScript["before"]> =>
  (request, response) => {
    if (/^\/(mcp|\.well-known|token)/.test(request.url ?? "")) return false;
    answer(request, response);
    return true;
  };

test(
  "a path beside the endpoint is none, though a gateway lets nobody see any path without a token",
  inHome(async (home) => {
    const world = home.owns(
      await startScriptedWorld({
        resource: (origin) => ({ resource: origin }),
        before(request, response) {
          if (request.url?.startsWith("/.well-known/oauth-protected-resource"))
            request.url = "/.well-known/oauth-protected-resource/mcp";
          if (request.url !== "/wrong") return false;
          const challenge = { "www-authenticate": "Bearer" };
          if (request.headers.authorization) response.writeHead(404).end();
          else response.writeHead(401, challenge).end();
          return true;
        },
      }),
    );
    const args = ["login", `${world.origin}/wrong`, "@x", "--client-id", "id"];
    const { code, stdout, stderr } = await home.run(args, SECRET);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("which answers the token with HTTP status 404\n");
    expect(stderr).toContain(`hint: ${world.url} looks like one`);
    nothingStored(home);
  }),
);

describe("an authorization server for people alone", () => {
  const metadata = { grant_types_supported: ["authorization_code", "refresh_token"] };
  test.each([
    [
      "unauthorized_client",
      metadata,
      /only authorization_code, refresh_token: it wants a person at a browser/,
    ],
    ["unsupported_grant_type", metadata, /it wants a person at a browser; ask its owner for a client/],
    ["invalid_client", metadata, /--client-secret.*it may want a person at a browser/],
    ["unauthorized_client", {}, /without a person at a browser .* client_credentials/],
  ])("answers %s", (error, metadata, says) =>
    inHome(async (home) => {
      const world = home.owns(
        await startScriptedWorld({ metadata, token: (_, response) => refuseToken(response, error) }),
      );
      const { code, stderr } = await home.run(["login", world.url, "@x", "--client-id", "id"], SECRET);
      expect(code).toBe(4);
      expect(stderr).toMatch(says);
      nothingStored(home);
    })(),
  );
  test(
    "by its metadata, which gives a token all the same: that is what counts",
    inHome(async (home) => {
      const world = home.owns(await startScriptedWorld({ metadata }));
      const { code, stderr } = await home.run(["login", world.url, "@x", "--client-id", "id"], SECRET);
      expect([code, stderr.includes("browser")]).toEqual([0, false]);
    }),
  );
});

describe("a server", () => {
  test(
    "that refuses the token it was given is no success",
    inHome(async (home) => {
      const world = home.owns(
        await startScriptedWorld({
          token: (_, response) =>
            response
              .writeHead(200, { "content-type": "application/json" })
              .end('{"access_token":"other","token_type":"Bearer"}'),
        }),
      );
      const { code, stdout, stderr } = await home.run(
        ["login", world.url, "@x", "--client-id", "id"],
        SECRET,
      );
      expect([code, stdout]).toEqual([4, ""]);
      expect(stderr).toMatch(/does not accept the token it was given.*\nhint: check --scope and --resource/);
      nothingStored(home);
    }),
  );
  test(
    "that is out of order for now leaves the login as good as it was, and that is said",
    inHome(async (home) => {
      const world = home.owns(
        await startScriptedWorld({
          before: ({ headers }, response) =>
            headers.authorization === "Bearer good" && !!response.writeHead(500).end(),
        }),
      );
      const { code, stdout, stderr } = await home.run(
        ["login", world.url, "@x", "--client-id", "id"],
        SECRET,
      );
      expect(code).toBe(0);
      expect(stderr).toMatch(/warning: the login is kept, but no request went through: .* HTTP status 500/);
      expect(stdout).toContain("logged in");
      expect((await home.run(["profiles"])).stdout).toContain("@x");
    }),
  );
  test(
    "that asks for no token, with credentials or without",
    inHome(async (home) => {
      const open = home.owns(await startMcpServer());
      const { code, stdout } = await home.run(["login", open.url, "--client-id", "id"], SECRET);
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining("asks for no authorization: m2mcp connect"),
      ]);
      nothingStored(home);
    }),
  );
});
