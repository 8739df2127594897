// Credentials are bound to an issuer, and metadata is believed only as far as it may be.
import { describe, expect, test } from "bun:test";
import { createHome, homeForEachTest } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { type Answer, drip } from "../../support/net/listen.ts";
import {
  GRANTED,
  granted,
  refuseToken,
  startScriptedWorld,
  type WorldScript,
} from "../../support/oauth/scripted-world.ts";
import { sleep } from "../../support/waiting.ts";

const home = homeForEachTest();
const start = async (script: WorldScript) => home.owns(await startScriptedWorld(script));

/** An authorization server whose tokens last for a second. */
const issuer = (metadata: WorldScript["metadata"] = {}, before?: Answer) =>
  start({ metadata, token: granted(1), ...(before ? { before } : {}) });

/** An MCP server; where it sends its clients for tokens can be changed. */
async function resource(first: string, challenge = "Bearer") {
  const at = { issuer: first, refusing: false };
  const refuse: Answer = (_request, response) =>
    response.writeHead(401, { "www-authenticate": challenge }).end();
  const { url, paths } = await start({
    resource: () => ({ authorization_servers: [at.issuer] }),
    refuse,
    before(request, response, body) {
      if (!at.refusing || request.url !== "/mcp") return false;
      refuse(request, response, body);
      return true;
    },
  });
  return { url, at, paths };
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

test("a token endpoint that moves is found again by the command that misses it", async () => {
  let place = "/token";
  const as = await issuer(
    (origin) => ({ token_endpoint: `${origin}${place}` }),
    (request, response) => {
      if (!request.url?.startsWith("/token")) return false;
      if (request.url === place) json(response, { ...GRANTED, expires_in: 1 });
      else response.writeHead(404).end();
      return true;
    },
  );
  const mcp = await resource(as.origin);
  expect((await login(mcp.url)).code).toBe(0);
  place = "/token2";
  await over();
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
}, 30_000);

test("what a token endpoint takes is looked at again once it has refused", async () => {
  let method = "client_secret_basic";
  const as = await start({
    metadata: () => ({ token_endpoint_auth_methods_supported: [method] }),
    token(params, response, request) {
      const isBasic = request.headers.authorization !== undefined;
      if (isBasic !== (method === "client_secret_basic"))
        return refuseToken(response, "invalid_client", "no such way", 401);
      return granted(1)(params, response, request);
    },
  });
  const mcp = await resource(as.origin);
  expect((await login(mcp.url)).code).toBe(0);
  method = "client_secret_post";
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
    const prm = await resource(as.origin, 'Bearer resource_metadata="http://mcp.example.com/prm"');
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
    const as = await issuer({}, (_request, response) => {
      response
        .writeHead(302, { location: `${elsewhere.origin}/.well-known/oauth-authorization-server` })
        .end();
      return true;
    });
    const mcp = await resource(as.origin);
    const { code, stderr } = await login(mcp.url);
    expect([code, stderr]).toEqual([4, expect.stringContaining("redirects")]);
    expect(elsewhere.paths).toEqual([]);
  });

  test("at one place that redirects does not hide that at the next", async () => {
    const as = await start({
      wellKnown: "openid-configuration",
      before(request, response) {
        if (request.url !== "/.well-known/oauth-authorization-server") return false;
        response.writeHead(302, { location: "/sign-in" }).end();
        return true;
      },
      token: (_params, response) => json(response, { access_token: "good", token_type: "Bearer" }),
    });
    const mcp = await resource(as.origin);
    expect((await login(mcp.url)).code).toBe(0);
  });

  test("that is too long, or drips, is given up", async () => {
    const long = await issuer({ filler: "x".repeat(1024 * 1024) });
    const tooLong = await login((await resource(long.origin)).url);
    expect([tooLong.code, tooLong.stderr]).toEqual([2, expect.stringContaining("1 MiB")]);
    const dripping = await issuer({}, (_request, response) => {
      drip(response, 50);
      return true;
    });
    const startedMs = performance.now();
    const slow = await login((await resource(dripping.origin)).url, "--timeout", "1");
    expect([slow.code, slow.stderr]).toEqual([3, expect.stringContaining("within 1 s")]);
    expect(performance.now() - startedMs).toBeLessThan(8000);
  });
});
