// Authorization servers as companies run them: one loopback server for each habit.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { importSPKI, jwtVerify } from "jose";
import { makeKey } from "../auth/key-forms.ts";
import { createHome, type Home } from "../support/home.ts";
import { json } from "../support/net/json.ts";
import { listen } from "../support/net/listen.ts";
import { sleep } from "../support/waiting.ts";

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
  token(
    params: URLSearchParams,
    response: ServerResponse,
    authorization: string | undefined,
    dpop: string | undefined,
  ): unknown;
}
const granted = { access_token: "good", token_type: "Bearer", expires_in: 600 };

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
        json(response, 200, { resource: `${origin}/mcp`, authorization_servers: [issuer] });
      else if (pathname === `${path}/.well-known/openid-configuration`)
        json(response, 200, { issuer, token_endpoint: `${origin}/token`, ...metadata });
      else if (pathname === "/token")
        token(
          new URLSearchParams(body),
          response,
          request.headers.authorization,
          request.headers.dpop as string | undefined,
        );
      else if (
        pathname === "/mcp" &&
        request.headers.authorization === "Bearer good" &&
        calls.push(request.headers)
      )
        json(response, 200, {
          jsonrpc: "2.0",
          id: JSON.parse(body).id,
          result: { resultType: "complete", tools: [], ttlMs: 0, cacheScope: "private" },
        });
      else if (pathname === "/mcp") response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      else response.writeHead(404).end();
    });
  });
  origin = `http://127.0.0.1:${await listen(server)}`;
  served = `${origin}/mcp`;
  return served;
}
/** Headers of the calls that came with a good token. */
const calls: IncomingHttpHeaders[] = [];
/** The MCP endpoint of the server that runs. */
let served = "";
const again = (...args: string[]) =>
  home.run(["login", served, "@svc", "--client-id", "id", "--client-secret", "s", ...args]);
const login = async (habit: Habit, ...args: string[]) =>
  home.run(["login", await serve(habit), "@svc", "--client-id", "id", "--client-secret", "s", ...args]);

/** What each refusal must name, and what then must work. */
const refuse =
  (error: string, description: string, status = 400, more: object = {}) =>
  (response: ServerResponse) =>
    json(response, status, { error, error_description: description, ...more });

/** The claims and header of a client assertion, checked with the key's public half. */
async function asserted(params: URLSearchParams, publicPem: string, alg: string) {
  const key = await importSPKI(publicPem, alg);
  const { payload, protectedHeader } = await jwtVerify(params.get("client_assertion") ?? "", key);
  return { ...payload, header: protectedHeader };
}

describe("servers' habits", () => {
  test("Auth0: wants an audience, and a client that is allowed the API", async () => {
    const habit: Habit = {
      token: (params, response) => {
        const audience = params.get("audience");
        if (audience === "https://api") json(response, 200, { ...granted, expires_in: 86_400 });
        else if (audience === null)
          refuse("access_denied", "Non-global clients are not allowed access to APIv1", 403)(response);
        else refuse("access_denied", `Service not found: ${audience}`, 403)(response);
      },
    };
    const refused = await login(habit);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/Non-global[\s\S]*hint:.*--audience/),
    ]);
    expect((await again("--audience", "https://other")).stderr).toMatch(
      /Service not found[\s\S]*check --audience/,
    );
    expect((await again("--audience", "https://api")).code).toBe(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  });

  test("Entra ID v2: refuses resource, wants scope api://…/.default, names what is wrong by number", async () => {
    const habit: Habit = {
      path: "/tenant/v2.0",
      token: (params, response, authorization) => {
        const scope = params.get("scope");
        if (params.has("resource"))
          refuse(
            "invalid_target",
            "AADSTS9010010: The resource parameter provided in the request doesn't match",
            400,
            {
              error_codes: [9010010],
            },
          )(response);
        else if (scope === null)
          refuse("invalid_request", "AADSTS900144: The request body must contain 'scope'")(response);
        else if (!scope.endsWith("/.default"))
          refuse("invalid_scope", "AADSTS1002012: The provided value for scope is not valid")(response);
        else if (authorization !== `Basic ${Buffer.from("id:s").toString("base64")}`)
          // The number alone, as its own field has it.
          json(response, 401, { error: "invalid_client", error_codes: [7000215] });
        else json(response, 200, { ...granted, ext_expires_in: 3599 });
      },
    };
    expect((await login(habit)).stderr).toContain("--no-resource");
    expect((await again("--no-resource")).stderr).toContain("--scope api://…/.default");
    expect((await again("--no-resource", "--scope", "tools")).stderr).toContain("--scope api://…/.default");
    const scope = ["--no-resource", "--scope", "api://x/.default"];
    expect((await again(...scope, "--client-secret", "id-of-secret")).stderr).toContain("not its id");
    expect((await again(...scope)).code).toBe(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  });

  test("Entra ID v2 with a certificate: PS256, its thumbprint, the token endpoint as audience", async () => {
    const { forms, publicPem, certificatePem } = makeKey("RSA");
    const [key, certificate] = [join(home.folder, "key.pem"), join(home.folder, "cert.pem")];
    writeFileSync(key, forms[0]?.text ?? "");
    writeFileSync(certificate, certificatePem);
    const der = Buffer.from(certificatePem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const x5t = createHash("sha256").update(der).digest("base64url");
    const url = await serve({
      path: "/tenant/v2.0",
      token: async (params, response) => {
        const claims = await asserted(params, publicPem, "PS256").catch(() => undefined);
        if (claims?.header["x5t#S256"] !== x5t)
          refuse(
            "invalid_client",
            "AADSTS700027: The certificate with identifier used to sign is not registered",
            401,
          )(response);
        else if (claims.aud !== new URL("/token", url).href)
          refuse(
            "invalid_client",
            "AADSTS700023: Client assertion audience claim does not match",
            401,
          )(response);
        else json(response, claims.nbf === claims.iat && claims.sub === "id" ? 200 : 400, granted);
      },
    });
    const args = ["login", url, "@cert", "--client-id", "id", "--private-key", key, "--no-resource"];
    args.push("--scope", "api://x/.default");
    expect((await home.run(args)).stderr).toContain("--certificate");
    args.push("--certificate", certificate);
    expect((await home.run(args)).stderr).toContain("--assertion-audience token-endpoint");
    args.push("--assertion-audience", "token-endpoint");
    expect((await home.run(args)).code).toBe(0);
    expect((await home.run(["@cert", "tools-list"])).code).toBe(0);
  });

  test("Entra ID v2 with a federated credential: says which part does not match", async () => {
    const file = join(home.folder, "token");
    writeFileSync(file, "projected");
    const url = await serve({
      token: (params, response) =>
        params.get("client_assertion") === "projected"
          ? refuse(
              "invalid_client",
              "AADSTS700211: No matching federated identity record found",
              401,
            )(response)
          : json(response, 500, {}),
    });
    const { code, stderr } = await home.run([
      "login",
      url,
      "--client-id",
      "id",
      "--client-assertion-file",
      file,
    ]);
    expect([code, stderr]).toEqual([4, expect.stringContaining("federated credential")]);
    expect(stderr).not.toContain("projected");
  });

  test("Okta: wants a scope", async () => {
    const habit: Habit = {
      path: "/oauth2/default",
      token: (params, response) =>
        params.get("scope") === "tools"
          ? json(response, 200, granted)
          : params.has("scope")
            ? refuse("invalid_scope", "One or more scopes are not configured for the resource.")(response)
            : refuse("invalid_scope", "'scope' must be provided.")(response),
    };
    expect((await login(habit)).stderr).toContain("give --scope NAME");
    expect((await again("--scope", "wrong")).stderr).toContain("the scope asked for was wrong");
    expect((await again("--scope", "tools")).code).toBe(0);
  });

  test("Okta with private_key_jwt: the token endpoint as audience, the key by its id, proofs where it insists", async () => {
    const { forms, publicPem } = makeKey("RSA");
    const key = join(home.folder, "key.pem");
    writeFileSync(key, forms[0]?.text ?? "");
    const url = await serve({
      path: "/oauth2/default",
      metadata: {
        token_endpoint_auth_methods_supported: ["client_secret_basic", "private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["RS256", "ES256"],
      },
      token: async (params, response, _authorization, dpop) => {
        const claims = await asserted(params, publicPem, "RS256").catch(() => undefined);
        if (claims?.header.kid !== "kid-1" || claims.aud !== new URL("/token", url).href)
          refuse(
            "invalid_client",
            "The audience claim for client_assertion must be the endpoint invoked",
            401,
          )(response);
        else if (dpop === undefined)
          refuse("invalid_dpop_proof", "The DPoP proof JWT header is missing.")(response);
        else json(response, 200, { ...granted, token_type: "DPoP" });
      },
    });
    const args = ["login", url, "@key", "--client-id", "id", "--private-key", key, "--key-id", "kid-1"];
    args.push("--scope", "tools");
    expect((await home.run(args)).stderr).toContain("--assertion-audience token-endpoint");
    const { code, stdout } = await home.run([...args, "--assertion-audience", "token-endpoint", "--json"]);
    expect([code, JSON.parse(stdout).tokenType]).toEqual([0, "DPoP"]);
  });

  test("Cognito: basic only, no word of it in the metadata, no resource", async () => {
    const habit: Habit = {
      token: (params, response, authorization) =>
        !authorization?.startsWith("Basic ") || params.has("client_secret")
          ? json(response, 400, { error: "invalid_client" })
          : params.has("resource")
            ? json(response, 400, { error: "invalid_request" })
            : params.get("scope") === "api/read"
              ? json(response, 200, granted)
              : json(response, 400, { error: "invalid_scope" }),
    };
    expect((await login(habit)).stderr).toContain("--no-resource");
    expect((await again("--no-resource", "--scope", "read")).stderr).toContain("--scope");
    expect((await again("--no-resource", "--scope", "api/read")).code).toBe(0);
  });

  test("Keycloak: an issuer with a path, found by OpenID Connect discovery", async () => {
    let enabled = false;
    const { stderr } = await login({
      path: "/realms/main",
      token: (_params, response) =>
        enabled
          ? json(response, 200, { ...granted, "not-before-policy": 0, refresh_expires_in: 0 })
          : refuse("unauthorized_client", "Client not enabled to retrieve service account", 401)(response),
    });
    expect(stderr).toContain("service accounts");
    enabled = true;
    const { code, stdout } = await again();
    expect(code).toBe(0);
    expect(stdout).toContain("/realms/main");
  });

  const { expires_in: _life, ...endless } = granted;
  for (const [name, answer] of [
    ["no expires_in", endless],
    ["expires_in as a string", { ...granted, expires_in: "600" }],
    ["expires_in as a fraction", { ...granted, expires_in: 599.5 }],
    ["expires_in of nothing", { ...granted, expires_in: 0 }],
    ["expires_in below nothing", { ...granted, expires_in: -1 }],
    ["expires_in beyond all dates", { ...granted, expires_in: 1e18 }],
    ["expires_in that is no number", { ...granted, expires_in: "soon" }],
    ["expires_in of null, scope of null", { ...granted, expires_in: null, scope: null }],
    ["token_type in another case", { ...granted, token_type: "bEARER" }],
    ["no token_type", { access_token: "good", expires_in: 600 }],
  ] as const)
    test(`an answer with ${name}`, async () => {
      let tokens = 0;
      const first = await login({
        token: (_params, response) => {
          tokens++;
          json(response, 200, answer);
        },
      });
      expect([first.code, first.stderr]).toEqual([0, expect.not.stringContaining("error")]);
      for (let count = 0; count < 3; count++) expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
      expect((await home.run(["profiles"])).code).toBe(0);
      expect(tokens).toBe(1);
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

  for (const [name, value] of [
    ["seconds", () => "1"],
    ["a date", () => new Date(Date.now() + 2000).toUTCString()],
  ] as const)
    test(`429 with Retry-After as ${name} is waited for`, async () => {
      let tries = 0;
      const { code } = await login({
        token: (_params, response) =>
          ++tries === 1
            ? response.writeHead(429, { "retry-after": value() }).end()
            : json(response, 200, granted),
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

  for (const [place, token, words] of [
    ["the token request", 307, "redirects"],
    ["the token request after a POST", 303, "redirects"],
  ] as const)
    test(`a redirect of ${place} is not followed`, async () => {
      let elsewhere = 0;
      const other = createServer((_request, response) => {
        elsewhere++;
        response.end();
      });
      const port = await listen(other);
      const { code, stderr } = await login({
        token: (_params, response) =>
          response.writeHead(token, { location: `http://127.0.0.1:${port}/` }).end(),
      });
      other.close();
      expect(code).not.toBe(0);
      expect(stderr).toContain(words);
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

  test("an answer that drips is cut off in time", async () => {
    const startedMs = performance.now();
    const { code, stderr } = await login(
      {
        token: (_params, response) => {
          response.writeHead(200, { "content-type": "application/json" });
          const timer = setInterval(() => response.write(" "), 100);
          response.on("close", () => clearInterval(timer));
        },
      },
      "--timeout",
      "2",
    );
    expect([code, stderr]).toEqual([3, expect.stringContaining("within 2 s")]);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});

describe("what cannot be found out is said by options", () => {
  test("--audience, --resource, --token-param and --header reach their servers, from flags and from variables", async () => {
    const seen: Record<string, string>[] = [];
    const habit: Habit = {
      token: (params, response) => {
        seen.push(Object.fromEntries(params));
        json(response, 200, granted);
      },
    };
    const args = [
      "--audience",
      "aud",
      "--resource",
      "urn:other",
      "--token-param",
      "a=1=2",
      "--token-param",
      "b=x y",
    ];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the program puts the variable in
    const { code } = await login(habit, ...args, "--header", "X-Tenant: ${TENANT}");
    expect(code).toBe(0);
    expect(seen[0]).toMatchObject({ audience: "aud", resource: "urn:other", a: "1=2", b: "x y" });
    expect((await home.run(["@svc", "tools-list"], { env: { TENANT: "acme" } })).code).toBe(0);
    expect(calls.at(-1)?.["x-tenant"]).toBe("acme");
    const env = {
      ...{ M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s", M2MCP_AUDIENCE: "aud", M2MCP_NO_RESOURCE: "1" },
      ...{ M2MCP_TOKEN_PARAM: "a=1\nb=2", M2MCP_HEADER: "X-Tenant: acme", M2MCP_SCOPE: "s1 s2" },
    };
    expect((await home.run(["tools-list", served], { env })).code).toBe(0);
    expect(seen[1]).toEqual({
      ...{ grant_type: "client_credentials", scope: "s1 s2", audience: "aud", a: "1", b: "2" },
    });
    expect(calls.at(-1)?.["x-tenant"]).toBe("acme");
  });
});

describe("id and secret within basic (RFC 6749 §2.3.1)", () => {
  for (const [id, secret] of [
    ["a:b", "c:d"],
    ["50%", "100%25"],
    ["a+b", "c+d e"],
    ["with space", " lead and trail "],
    ["ünïcödé-客户", "пароль-🔑"],
    ["quote\"'&=", "\\/?#[]@!$'()*,;=~`"],
  ] as const)
    test(JSON.stringify([id, secret]), async () => {
      const url = await serve({
        token: (_params, response, authorization) => {
          const decode = (text: string) => decodeURIComponent(text.replaceAll("+", " "));
          const [user = "", password = "", ...rest] = Buffer.from(authorization?.slice(6) ?? "", "base64")
            .toString("latin1")
            .split(":");
          const right = decode(user) === id && decode(password) === secret && rest.length === 0;
          json(response, right ? 200 : 401, right ? granted : { error: "invalid_client" });
        },
      });
      const { code } = await home.run(["login", url, "--client-id", id], {
        env: { M2MCP_CLIENT_SECRET: secret },
      });
      expect(code).toBe(0);
    });
});

describe("what stands in for a secret", () => {
  test("a platform's token as client authentication, and as the grant, is read anew each time", async () => {
    const seen: string[] = [];
    const habit: Habit = {
      token: (params, response) => {
        seen.push(params.get("client_assertion") ?? params.get("assertion") ?? "");
        json(response, 200, { ...granted, expires_in: 1 });
      },
    };
    const file = join(home.folder, "token");
    writeFileSync(file, "first\n");
    const url = await serve(habit);
    expect(
      (await home.run(["login", url, "@file", "--client-id", "id", "--client-assertion-file", file])).code,
    ).toBe(0);
    writeFileSync(file, "second\n");
    await sleep(1100);
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
        json(response, 200, { ...granted, expires_in: 1 });
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
    await sleep(1100);
    await home.run(["@svc", "tools-list"]);
    expect(seen).toEqual(["id:one", "id:two"]);
  });
});
