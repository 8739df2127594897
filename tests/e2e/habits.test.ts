// Authorization servers as companies run them: one loopback server for each habit.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { listen } from "../servers/listen.ts";
import { createHome, type Home } from "./harness.ts";

let home: Home;
let server: Server | undefined;
beforeEach(() => {
  home = createHome();
});
afterEach(() => {
  home.remove();
  server?.closeAllConnections();
  server?.close();
});

interface Habit {
  /** Path of the issuer. */
  path?: string;
  metadata?: object;
  token(params: URLSearchParams, response: ServerResponse, authorization: string | undefined): void;
}
const granted = { access_token: "good", token_type: "Bearer", expires_in: 600 };
const say = (response: ServerResponse, status: number, json: object) => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(json));
};

/** Starts the server; resolves with the MCP endpoint's address. */
async function serve({ path = "", metadata = {}, token }: Habit): Promise<string> {
  let origin = "";
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", origin);
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const issuer = `${origin}${path}`;
      if (pathname === "/.well-known/oauth-protected-resource/mcp")
        say(response, 200, { resource: `${origin}/mcp`, authorization_servers: [issuer] });
      else if (pathname === `${path}/.well-known/openid-configuration`)
        say(response, 200, { issuer, token_endpoint: `${origin}/token`, ...metadata });
      else if (pathname === "/token")
        token(new URLSearchParams(body), response, request.headers.authorization);
      else if (pathname === "/mcp" && request.headers.authorization === "Bearer good")
        say(response, 200, {
          jsonrpc: "2.0",
          id: JSON.parse(body).id,
          result: { resultType: "complete", tools: [], ttlMs: 0, cacheScope: "private" },
        });
      else if (pathname === "/mcp") response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      else response.writeHead(404).end();
    });
  });
  origin = `http://127.0.0.1:${await listen(server)}`;
  return `${origin}/mcp`;
}
const login = async (habit: Habit, ...args: string[]) =>
  home.run(["login", await serve(habit), "@svc", "--client-id", "id", "--client-secret", "s", ...args]);

describe("servers' habits", () => {
  test("Auth0: wants an audience", async () => {
    const habit: Habit = {
      token: (params, response) =>
        params.get("audience") === "https://api"
          ? say(response, 200, granted)
          : say(response, 403, {
              error: "access_denied",
              error_description: "Service not enabled within domain",
            }),
    };
    const refused = await login(habit);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain("--audience");
    server?.close();
    expect((await login(habit, "--audience", "https://api")).code).toBe(0);
  });

  test("Entra ID: refuses resource, wants scope api://…/.default", async () => {
    const habit: Habit = {
      path: "/tenant/v2.0",
      token: (params, response) => {
        if (params.has("resource"))
          say(response, 400, {
            error: "invalid_target",
            error_description: "AADSTS9010010: The resource parameter provided in the request doesn't match",
          });
        else if (!params.get("scope")?.endsWith("/.default"))
          say(response, 400, {
            error: "invalid_scope",
            error_description: "AADSTS1002012: The provided value for scope is not valid",
          });
        else say(response, 200, granted);
      },
    };
    expect((await login(habit)).stderr).toContain("--no-resource");
    server?.close();
    expect((await login(habit, "--no-resource")).stderr).toContain(".default");
    server?.close();
    expect((await login(habit, "--no-resource", "--scope", "api://x/.default")).code).toBe(0);
  });

  test("Okta: wants a scope", async () => {
    const habit: Habit = {
      token: (params, response) =>
        params.has("scope")
          ? say(response, 200, granted)
          : say(response, 400, {
              error: "invalid_scope",
              error_description:
                "The authorization server resource does not have any configured default scopes",
            }),
    };
    expect((await login(habit)).stderr).toContain("--scope");
    server?.close();
    expect((await login(habit, "--scope", "tools")).code).toBe(0);
  });

  test("Cognito: basic only, and no word of it in the metadata", async () => {
    const { code } = await login(
      {
        token: (params, response, authorization) =>
          authorization?.startsWith("Basic ") && !params.has("client_secret") && !params.has("resource")
            ? say(response, 200, granted)
            : say(response, 400, { error: "invalid_client" }),
      },
      "--no-resource",
    );
    expect(code).toBe(0);
  });

  test("Keycloak: an issuer with a path, found by OpenID Connect discovery", async () => {
    const { code, stdout } = await login({
      path: "/realms/main",
      token: (_params, response) => say(response, 200, granted),
    });
    expect(code).toBe(0);
    expect(stdout).toContain("/realms/main");
  });

  for (const [name, answer] of [
    ["no expires_in", { access_token: "good", token_type: "Bearer" }],
    ["expires_in as a string", { ...granted, expires_in: "600" }],
    ["token_type in another case", { ...granted, token_type: "bEARER" }],
  ] as const)
    test(`an answer with ${name}`, async () => {
      expect((await login({ token: (_params, response) => say(response, 200, answer) })).code).toBe(0);
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    });

  test("an HTML page with status 200", async () => {
    const { code, stderr } = await login({
      token: (_params, response) =>
        response.writeHead(200, { "content-type": "text/html" }).end("<html>error</html>"),
    });
    expect(code).toBe(4);
    expect(stderr).toContain("not JSON");
  });

  test("429 with Retry-After is waited for", async () => {
    let tries = 0;
    const { code } = await login({
      token: (_params, response) =>
        ++tries === 1 ? response.writeHead(429, { "retry-after": "1" }).end() : say(response, 200, granted),
    });
    expect([code, tries]).toEqual([0, 2]);
  });

  for (const status of [400, 401])
    test(`invalid_client as ${status}`, async () => {
      const { code, stderr } = await login({
        token: (_params, response) => say(response, status, { error: "invalid_client" }),
      });
      expect(code).toBe(4);
      expect(stderr).toContain("--client-id");
    });

  test("a redirect of the token request is not followed", async () => {
    let elsewhere = 0;
    const other = createServer((_request, response) => {
      elsewhere++;
      response.end();
    });
    const port = await listen(other);
    const { code } = await login({
      token: (_params, response) => response.writeHead(307, { location: `http://127.0.0.1:${port}/` }).end(),
    });
    other.close();
    expect(code).not.toBe(0);
    expect(elsewhere).toBe(0);
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
});

describe("what stands in for a secret", () => {
  test("a platform's token as client authentication, and as the grant, is read anew each time", async () => {
    const seen: string[] = [];
    const habit: Habit = {
      token: (params, response) => {
        seen.push(params.get("client_assertion") ?? params.get("assertion") ?? "");
        say(response, 200, { ...granted, expires_in: 1 });
      },
    };
    const file = join(home.folder, "token");
    writeFileSync(file, "first\n");
    const url = await serve(habit);
    expect(
      (await home.run(["login", url, "@file", "--client-id", "id", "--client-assertion-file", file])).code,
    ).toBe(0);
    writeFileSync(file, "second\n");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await home.run(["@file", "tools-list"]);
    expect(seen).toEqual(["first", "second"]);
    const command = await home.run([
      "login",
      url,
      "@grant",
      "--grant",
      "jwt-bearer",
      "--client-id",
      "id",
      "--client-assertion-command",
      "printf third",
    ]);
    expect(command.stderr).not.toContain("error");
    expect(seen.at(-1)).toBe("third");
  });

  test("a secret of a command that is never stored", async () => {
    const seen: string[] = [];
    const habit: Habit = {
      token: (_params, response, authorization) => {
        seen.push(Buffer.from(authorization?.slice(6) ?? "", "base64").toString());
        say(response, 200, { ...granted, expires_in: 1 });
      },
    };
    const file = join(home.folder, "secret");
    writeFileSync(file, "one");
    const args = [
      "login",
      await serve(habit),
      "@svc",
      "--client-id",
      "id",
      "--client-secret-command",
      `cat ${file}`,
      "--no-store-secret",
    ];
    expect((await home.run(args)).code).toBe(0);
    writeFileSync(file, "two");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await home.run(["@svc", "tools-list"]);
    expect(seen).toEqual(["id:one", "id:two"]);
  });
});
