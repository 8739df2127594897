// Corporate networks: private authorities, mutual TLS, a forward proxy, and what their faults say.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startBridge } from "../support/bridge.ts";
import { createHome, type Home } from "../support/home.ts";
import { call, META, request } from "../support/messages.ts";
import { type Certificates, makeCertificates } from "../support/net/certificates.ts";
import { type ForwardProxy, startProxy } from "../support/net/proxy.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";

/** Authorities of the MCP server and, another one, of its authorization server. */
let mcpSide: Certificates;
let loginSide: Certificates;
let both: string;
let home: Home;
/** One server in both roles, and the two apart, by names that only the proxy knows. */
let url: string;
const corporate = "https://mcp.corp.invalid/mcp";
const routes: Record<string, number> = {};
const peers: string[] = [];
const ended: (() => void)[] = [];

async function startTls({ server, caFile }: Certificates, issuer?: string): Promise<number> {
  const script = join(import.meta.dir, "../support/net/tls-server.mjs");
  const child = spawn("node", [script, server.certFile, server.keyFile, caFile, ...(issuer ? [issuer] : [])]);
  ended.push(() => child.kill());
  const lines = createInterface({ input: child.stdout });
  const port = await new Promise<string>((resolve) => lines.once("line", resolve));
  lines.on("line", (line) => void peers.push(line));
  return Number(port);
}

beforeAll(async () => {
  mcpSide = makeCertificates();
  loginSide = makeCertificates();
  both = join(mcpSide.folder, "both.pem");
  for (const { caFile } of [mcpSide, loginSide])
    writeFileSync(both, await Bun.file(caFile).text(), { flag: "a" });
  url = `https://localhost:${await startTls(mcpSide)}/mcp`;
  routes["mcp.corp.invalid"] = await startTls(mcpSide, "https://login.corp.invalid");
  routes["login.corp.invalid"] = await startTls(loginSide);
  home = createHome();
  home.env.M2MCP_STORE = "file";
});
afterAll(() => {
  for (const end of ended) end();
  home.remove();
  for (const { folder } of [mcpSide, loginSide]) rmSync(folder, { recursive: true, force: true });
});

const login = (args: string[], env: Record<string, string> = {}) =>
  home.run(["login", ...args, "--client-id", "a"], { env: { M2MCP_CLIENT_SECRET: "b", ...env } });

describe("private authorities", () => {
  test("one that is not known is refused before anything is sent, with what mends it", async () => {
    peers.length = 0;
    const { code, stderr } = await login([url]);
    expect([code, stderr]).toEqual([3, expect.stringContaining("error:")]);
    expect(peers).toEqual([]);
  });

  test("--ca serves authorization server and MCP server alike, and is kept", async () => {
    expect(await login([url, "@ca", "--ca", mcpSide.caFile])).toMatchObject({ code: 0 });
    expect((await home.run(["@ca", "tools-list"])).stdout).toBe("there\n");
  });

  for (const variable of ["NODE_EXTRA_CA_CERTS", "M2MCP_CA"])
    test(`${variable} does too`, async () => {
      const env = { [variable]: mcpSide.caFile };
      expect((await login([url, "@variable"], env)).code).toBe(0);
      expect((await home.run(["@variable", "tools-list"], { env })).code).toBe(0);
    });

  test("NODE_TLS_REJECT_UNAUTHORIZED=0 does not count, with --ca or without, and that is said once", async () => {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const said = (stderr: string) => stderr.match(/NODE_TLS_REJECT_UNAUTHORIZED/g)?.length;
    peers.length = 0;
    for (const args of [
      [],
      ["--ca", loginSide.caFile],
      ["--client-cert", mcpSide.client.certFile, "--client-key", mcpSide.client.keyFile],
    ]) {
      const { code, stderr } = await login([url, "@unchecked", ...args], env);
      expect([code, said(stderr)]).toEqual([3, 1]);
    }
    expect(peers).toEqual([]);
    const known = await login([url, "@checked", "--ca", mcpSide.caFile], env);
    expect([known.code, said(known.stderr)]).toEqual([0, 1]);
  });

  test("--ca and NODE_EXTRA_CA_CERTS together: one knows the MCP server, the other its authorization server", async () => {
    const proxy = await startProxy({ routes });
    const env = { HTTPS_PROXY: `http://${proxy.host}` };
    for (const [ca, extra, code] of [
      [mcpSide.caFile, loginSide.caFile, 0],
      [loginSide.caFile, mcpSide.caFile, 0],
      [both, undefined, 0],
      [undefined, both, 0],
      [mcpSide.caFile, undefined, 3],
      [undefined, loginSide.caFile, 3],
    ] as const) {
      const outcome = await login([corporate, "@both", ...(ca ? ["--ca", ca] : [])], {
        ...env,
        ...(extra ? { NODE_EXTRA_CA_CERTS: extra } : {}),
      });
      expect([ca, extra, outcome.code]).toEqual([ca, extra, code]);
      await home.run(["logout", "@both"]);
    }
    await proxy.stop();
  });

  test("a file that is missing or holds no certificate is wrong usage, and named", async () => {
    const junk = join(home.folder, "junk.pem");
    writeFileSync(junk, "junk");
    const half = join(home.folder, "half.pem");
    writeFileSync(half, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    for (const path of [junk, half, join(home.folder, "none.pem")])
      for (const [args, env] of [
        [["--ca", path], {}],
        [[], { M2MCP_CA: path }],
      ] as const) {
        const { code, stderr } = await login([url, "@x", ...args], env);
        expect([code, stderr]).toEqual([1, expect.stringContaining(path)]);
      }
  });
});

describe("a client certificate", () => {
  test("goes to the token endpoint and to the MCP server, directly and through a proxy", async () => {
    const { certFile, keyFile } = mcpSide.client;
    const proxy = await startProxy({ routes });
    for (const [at, name, env] of [
      [url, "@tls", {}],
      [url, "@tls-proxied", { HTTPS_PROXY: `http://${proxy.host}` }],
    ] as const) {
      peers.length = 0;
      const args = [at, name, "--client-cert", certFile, "--client-key", keyFile, "--ca", mcpSide.caFile];
      const done = await home.run(["login", ...args, "--client-id", "a"], { env });
      expect([done.code, done.stderr.includes("error")]).toEqual([0, false]);
      expect((await home.run([name, "tools-list"], { env })).code).toBe(0);
      expect(peers).toContain("/token client");
      expect(peers.at(-1)).toBe("/mcp client");
    }
    expect(new Set(proxy.seen)).toEqual(new Set([new URL(url).host]));
    await proxy.stop();
  });

  test("that is none, or not the key's, says so", async () => {
    const junk = join(home.folder, "junk.pem");
    writeFileSync(junk, "junk");
    const { certFile, keyFile } = mcpSide.client;
    for (const [cert, key, why] of [
      [junk, keyFile, "no PEM"],
      [certFile, junk, "no PEM"],
      [certFile, loginSide.client.keyFile, "belongs to another certificate"],
    ] as const) {
      const args = ["login", url, "@x", "--client-id", "a", "--client-cert", cert, "--client-key", key];
      const { code, stderr } = await home.run(args);
      expect([code, stderr]).toEqual([4, expect.stringContaining(why)]);
    }
  });
});

describe("a proxy", () => {
  let proxy: ForwardProxy;
  let plain: SmallWorld;
  const password = "p@ss:w/rd é";
  const withLogin = () => `http://user:${encodeURIComponent(password)}@${proxy.host}`;
  beforeEach(async () => {
    proxy = await startProxy({ routes, login: `user:${password}` });
    plain = await startSmallWorld();
  });
  afterEach(async () => {
    await proxy.stop();
    await plain.stop();
  });

  for (const variable of ["HTTPS_PROXY", "https_proxy"])
    test(`${variable}, with a password, carries authorization server and MCP server, known to it alone`, async () => {
      const env = { [variable]: withLogin() };
      const done = await login([corporate, "@corp", "--ca", both], env);
      expect([done.code, done.stderr.includes("error")]).toEqual([0, false]);
      expect((await home.run(["@corp", "tools-list"], { env })).stdout).toBe("there\n");
      expect([...new Set(proxy.seen)].sort()).toEqual(["login.corp.invalid:443", "mcp.corp.invalid:443"]);
      expect((await home.run(["@corp", "tools-list"])).code).toBe(3);
    });

  for (const variable of ["HTTP_PROXY", "http_proxy"])
    test(`${variable} carries plain requests, with the token`, async () => {
      const env = { [variable]: withLogin() };
      expect((await login([plain.url, "@plain"], env)).code).toBe(0);
      expect((await home.run(["@plain", "tools-list"], { env })).stdout).toBe("there\n");
      expect(proxy.seen).toContain(`${plain.origin}/token`);
      expect(proxy.seen).toContain(plain.url);
      await home.run(["logout", "@plain"]);
    });

  test("streams come through it as they are sent", async () => {
    const env = { HTTPS_PROXY: withLogin() };
    await login([corporate, "@stream", "--ca", both], env);
    const { say, answer, hear, end } = startBridge(home, ["@stream"], { env });
    const { params } = call(1, "there");
    say(
      request(1, "tools/call", { ...params, _meta: { ...META, "io.modelcontextprotocol/logLevel": "info" } }),
    );
    const first = await hear(({ method }) => method !== undefined);
    const firstMs = performance.now();
    const last = await answer(1);
    expect([JSON.stringify(first).includes("first"), JSON.stringify(last).includes("last")]).toEqual([
      true,
      true,
    ]);
    expect(performance.now() - firstMs).toBeGreaterThan(700);
    expect(await end()).toBe(0);
  });

  test("NO_PROXY spares hosts, suffixes and ports; loopback only where it is named", async () => {
    const at = new URL(plain.url);
    const { code } = await login([plain.url, "@spared"]);
    expect(code).toBe(0);
    for (const [list, spared] of [
      ["", false],
      ["elsewhere.example", false],
      ["127.0.0.1", true],
      [`127.0.0.1:${at.port}`, true],
      ["127.0.0.1:1", false],
      ["*", true],
      ["elsewhere.example, 127.0.0.1", true],
    ] as const)
      for (const variable of ["NO_PROXY", "no_proxy"]) {
        proxy.seen.length = 0;
        const env = { HTTP_PROXY: withLogin(), [variable]: list };
        expect((await home.run(["@spared", "tools-list"], { env })).code).toBe(0);
        expect([variable, list, proxy.seen.length === 0]).toEqual([variable, list, spared]);
      }
    // The name is one that only the proxy knows: spared, it is not found.
    for (const [list, spared] of [
      ["corp.invalid", true],
      [".corp.invalid", true],
      ["*.corp.invalid", true],
      ["mcp.corp.invalid:443", true],
      ["mcp.corp.invalid:8443", false],
      ["orp.invalid", false],
    ] as const) {
      proxy.seen.length = 0;
      await login([corporate, "@suffix", "--ca", both], { HTTPS_PROXY: withLogin(), NO_PROXY: list });
      expect([list, proxy.seen.includes("mcp.corp.invalid:443")]).toEqual([list, !spared]);
    }
  });

  test("that refuses or is not there is named without its password, one-off and bridged", async () => {
    const ok = withLogin();
    await login([corporate, "@refused", "--ca", both], { HTTPS_PROXY: ok });
    await login([plain.url, "@refused-plain"], { HTTP_PROXY: ok });
    const wrong = `http://user:wrong-password@${proxy.host}`;
    for (const [target, address, refuse, words] of [
      ["@refused", wrong, undefined, "407"],
      ["@refused", ok, 403, "403"],
      ["@refused", ok, 502, "502"],
      ["@refused-plain", wrong, undefined, "407"],
      ["@refused", "http://user:wrong-password@127.0.0.1:9", undefined, "refused the connection"],
      ["@refused", "http://user:wrong-password@proxy.invalid:3128", undefined, "no such host"],
      ["@refused", "socks5://user:wrong-password@127.0.0.1:9", undefined, "no http proxy"],
    ] as const) {
      proxy.refuse = refuse;
      const env = { HTTPS_PROXY: address, HTTP_PROXY: address };
      const { code, stderr } = await home.run([target, "tools-list"], { env });
      const { host } = new URL(address);
      expect([address, code, stderr]).toEqual([address, 3, expect.stringContaining(`proxy ${host}`)]);
      expect(stderr).toContain(words);
      const bridged = await home.run(["bridge", target], {
        env,
        input: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n',
      });
      const { error } = JSON.parse(bridged.stdout);
      expect([error.code, error.message]).toEqual([-31003, expect.stringContaining(`proxy ${host}`)]);
      const again = await login([target === "@refused" ? corporate : plain.url, "@new", "--ca", both], env);
      expect([again.code, again.stderr]).toEqual([3, expect.stringContaining(`proxy ${host}`)]);
      for (const said of [stderr, bridged.stdout, bridged.stderr, again.stderr])
        for (const hidden of ["wrong-password", password, encodeURIComponent(password)])
          expect(said.includes(hidden)).toBe(false);
    }
  });

  test.each([":::", "http://user:wrong-password@127.0.0.1:99999", "http://"])(
    "whose address cannot be read is blamed, not the server: %p",
    async (HTTP_PROXY) => {
      const { code, stderr } = await home.run([plain.url, "tools-list"], { env: { HTTP_PROXY } });
      expect([code, stderr]).toEqual([3, expect.stringContaining("cannot use the proxy")]);
      expect(stderr).not.toContain("wrong-password");
      const env = { HTTP_PROXY, NO_PROXY: "127.0.0.1" };
      expect((await home.run([plain.url, "tools-list"], { env })).stderr).not.toContain("proxy");
    },
  );
});
