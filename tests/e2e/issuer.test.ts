// Credentials are bound to an issuer, and metadata is believed only as far as it may be.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createServer, type RequestListener } from "node:http";
import { createHome, type Home } from "../support/home.ts";
import { listen } from "../support/net/listen.ts";
import { sleep } from "../support/waiting.ts";

let home: Home;
const running: { close(): void }[] = [];
beforeEach(() => {
  home = createHome();
});
afterEach(() => {
  for (const server of running.splice(0)) server.close();
  home.remove();
});

/** A loopback server that notes the paths asked for. */
async function start(
  answer: (origin: string) => RequestListener,
): Promise<{ origin: string; paths: string[] }> {
  const paths: string[] = [];
  let origin = "";
  const server = createServer((request, response) => {
    paths.push(request.url ?? "");
    answer(origin)(request, response);
  });
  origin = `http://127.0.0.1:${await listen(server)}`;
  running.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { origin, paths };
}
const json =
  (answers: Record<string, object>): RequestListener =>
  (request, response) => {
    const found = answers[request.url ?? ""];
    if (!found) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(found));
  };

/** An authorization server whose tokens last for a second. */
const issuer = (metadata: (origin: string) => object = () => ({})) =>
  start((origin) =>
    json({
      "/.well-known/oauth-authorization-server": {
        issuer: origin,
        token_endpoint: `${origin}/token`,
        ...metadata(origin),
      },
      "/token": { access_token: "good", token_type: "Bearer", expires_in: 1 },
    }),
  );

/** An MCP server; where it sends its clients for tokens can be changed. */
async function resource(first: string, more: { challenge?: string; headers?: Record<string, string> } = {}) {
  const at = { issuer: first, refusing: false };
  const { origin, paths } = await start((own) => (request, response) => {
    if (request.url === "/.well-known/oauth-protected-resource/mcp")
      return json({ [request.url]: { resource: `${own}/mcp`, authorization_servers: [at.issuer] } })(
        request,
        response,
      );
    if (request.headers.authorization !== "Bearer good" || at.refusing)
      return void response.writeHead(401, { "www-authenticate": more.challenge ?? "Bearer" }).end();
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const result = { resultType: "complete", tools: [], ttlMs: 0, cacheScope: "private" };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(body).id, result }));
    });
  });
  return { url: `${origin}/mcp`, at, paths };
}

const SECRET = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };
const login = (url: string, ...args: string[]) => home.run(["login", url, "@svc", ...args], { env: SECRET });
const over = () => sleep(1100);

describe("credentials go to the issuer that login recorded", () => {
  test("and to no other that the server names later, until a login approves it", async () => {
    const [a, b] = [await issuer(), await issuer()];
    const mcp = await resource(a.origin);
    expect((await login(mcp.url)).code).toBe(0);
    mcp.at.issuer = b.origin;
    mcp.at.refusing = true;
    await over();
    const asked = a.paths.filter((path) => path === "/token").length;
    const { code, stderr } = await home.run(["@svc", "tools-list"]);
    expect(code).toBe(4);
    expect(stderr).toContain(b.origin);
    expect(stderr).toContain("nothing was sent");
    expect(stderr).toContain("m2mcp login");
    expect(b.paths).toEqual([]);
    // One re-issue at the known issuer, since the token was over; none after the refusal.
    expect(a.paths.filter((path) => path === "/token").length - asked).toBe(1);
    mcp.at.refusing = false;
    expect((await login(mcp.url)).code).toBe(0);
    expect(b.paths.filter((path) => path === "/token").length).toBe(1);
  });

  test("and, without a login, to the first that gave a token or that --issuer names", async () => {
    const [a, b] = [await issuer(), await issuer()];
    const mcp = await resource(a.origin);
    const list = (...args: string[]) => home.run(["tools-list", mcp.url, ...args], { env: SECRET });
    expect((await list()).code).toBe(0);
    mcp.at.issuer = b.origin;
    mcp.at.refusing = true;
    await over();
    const moved = await list();
    expect([moved.code, moved.stderr]).toEqual([4, expect.stringContaining(`--issuer ${b.origin}`)]);
    expect(b.paths).toEqual([]);
    mcp.at.refusing = false;
    expect((await list("--issuer", b.origin)).code).toBe(0);
    b.paths.length = 0;
    mcp.at.issuer = a.origin;
    const home2 = createHome();
    const pinned = await home2.run(["tools-list", mcp.url], { env: { ...SECRET, M2MCP_ISSUER: b.origin } });
    home2.remove();
    expect([pinned.code, pinned.stderr]).toEqual([4, expect.stringContaining("nothing was sent")]);
    expect(b.paths).toEqual([]);
    expect((await login(mcp.url, "--issuer", b.origin)).code).toBe(4);
  });
});

describe("an issuer that differs in one character is refused", () => {
  for (const [name, change] of [
    ["a slash at its end", (origin: string) => `${origin}/`],
    ["another port", (origin: string) => origin.replace(/\d$/, (digit) => String((Number(digit) + 1) % 10))],
    ["another name of the host", (origin: string) => origin.replace("127.0.0.1", "localhost")],
    ["capitals", (origin: string) => origin.replace("http", "HTTP")],
  ] as const)
    test(name, async () => {
      const as = await issuer((origin) => ({ issuer: change(origin) }));
      const mcp = await resource(as.origin);
      const { code, stderr } = await login(mcp.url);
      expect([code, stderr]).toEqual([4, expect.stringContaining("another issuer")]);
      expect(as.paths).not.toContain("/token");
    });
});

test("a token endpoint that moves is found again", async () => {
  let place = "/token";
  const as = await start((origin) => (request, response) => {
    if (request.url !== place && request.url?.startsWith("/token")) return void response.writeHead(404).end();
    json({
      "/.well-known/oauth-authorization-server": { issuer: origin, token_endpoint: `${origin}${place}` },
      [place]: { access_token: "good", token_type: "Bearer", expires_in: 1 },
    })(request, response);
  });
  const mcp = await resource(as.origin);
  expect((await login(mcp.url)).code).toBe(0);
  place = "/token2";
  await over();
  expect((await home.run(["@svc", "tools-list"])).code).toBe(4);
  await sleep(5100);
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
}, 30_000);

describe("metadata", () => {
  test("over plain http is believed of a host that --allow-http names, and of no other", async () => {
    const as = await issuer();
    const mcp = await resource(as.origin);
    const named = mcp.url.replace("127.0.0.1", "0.0.0.0");
    const refused = await login(named);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/plain http[\s\S]*hint: use https; .*--allow-http 0\.0\.0\.0 /),
    ]);
    expect(mcp.paths).toEqual([]);
    // Allowed, it gets as far as the metadata, which is about another address.
    const allowed = await login(named, "--allow-http", "0.0.0.0");
    expect([allowed.code, allowed.stderr]).toEqual([4, expect.stringContaining("another resource")]);
    expect(allowed.stderr).toContain("warning: plain http is allowed to 0.0.0.0");
    expect((await login(named, "--allow-http", "other.example")).code).toBe(1);
  });

  test("over plain http is not asked for, nor are tokens", async () => {
    const as = await issuer();
    const prm = await resource(as.origin, {
      challenge: 'Bearer resource_metadata="http://mcp.example.com/prm"',
    });
    expect((await login(prm.url)).stderr).toContain("plain http");
    const byHttp = await resource("http://as.example.com");
    expect((await login(byHttp.url)).stderr).toContain("plain http");
    for (const name of ["token_endpoint", "mtls"]) {
      const http = "http://as.example.com/token";
      const lying = await issuer(() =>
        name === "mtls" ? { mtls_endpoint_aliases: { token_endpoint: http } } : { token_endpoint: http },
      );
      const mcp = await resource(lying.origin);
      const { code, stderr } = await login(mcp.url);
      expect([code, stderr]).toEqual([1, expect.stringContaining("plain http")]);
      expect(lying.paths).not.toContain("/token");
    }
  });

  test("cannot steer the terminal", async () => {
    const as = await issuer((origin) => ({ issuer: `${origin}\u001b[2J\u009b31m` }));
    const { code, stderr } = await login((await resource(as.origin)).url);
    expect(code).toBe(4);
    expect(stderr).toContain("another issuer");
    for (const control of ["\u001b", "\u009b"]) expect(stderr).not.toContain(control);
  });

  test("that redirects is not followed", async () => {
    const elsewhere = await issuer();
    const as = await start(() => (_request, response) => {
      response
        .writeHead(302, { location: `${elsewhere.origin}/.well-known/oauth-authorization-server` })
        .end();
    });
    const mcp = await resource(as.origin);
    const { code, stderr } = await login(mcp.url);
    expect([code, stderr]).toEqual([4, expect.stringContaining("redirects")]);
    expect(elsewhere.paths).toEqual([]);
  });

  test("at one place that redirects does not hide that at the next", async () => {
    const as = await start((origin) => (request, response) => {
      if (request.url === "/.well-known/oauth-authorization-server")
        return void response.writeHead(302, { location: "/sign-in" }).end();
      return json({
        "/.well-known/openid-configuration": { issuer: origin, token_endpoint: `${origin}/token` },
        "/token": { access_token: "good", token_type: "Bearer" },
      })(request, response);
    });
    const mcp = await resource(as.origin);
    expect((await login(mcp.url)).code).toBe(0);
  });

  test("that is too long, or drips, is given up", async () => {
    const long = await issuer(() => ({ filler: "x".repeat(1024 * 1024) }));
    const tooLong = await login((await resource(long.origin)).url);
    expect([tooLong.code, tooLong.stderr]).toEqual([2, expect.stringContaining("1 MiB")]);
    const dripping = await start(() => (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    });
    const startedMs = performance.now();
    const slow = await login((await resource(dripping.origin)).url, "--timeout", "1");
    expect([slow.code, slow.stderr]).toEqual([3, expect.stringContaining("within 1 s")]);
    expect(performance.now() - startedMs).toBeLessThan(8000);
  });
});
