// Tokens of a pod's service account on the executable: projected files, and TokenRequest as the official client has it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collect, homeForEachTest, ROOT } from "../../support/home.ts";
import { type Certificates, makeCertificates } from "../../support/net/certificates.ts";
import { podFiles, startApiServer } from "../../support/platforms/api-server.ts";
import { makeIssuer } from "../../support/platforms/issuer.ts";
import { platformWorld, usualAudience } from "../../support/platforms/world.ts";

const home = homeForEachTest();
let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});
afterAll(() => rmSync(certificates.folder, { recursive: true, force: true }));

const SUBJECT = "system:serviceaccount:agents:machine";

/** A cluster with a pod in it, and both servers. */
async function cluster() {
  const issuer = await makeIssuer("https://kubernetes.default.svc.cluster.local", SUBJECT);
  const podToken = await issuer.token("https://kubernetes.default.svc.cluster.local", {
    "kubernetes.io": { namespace: "agents", serviceaccount: { name: "machine" } },
  });
  const folder = podFiles(home.folder, podToken, certificates);
  const accounts = ["agents/machine", "others/robot"];
  const api = home.owns(await startApiServer(issuer, certificates, podToken, accounts));
  const world = await platformWorld(home, issuer);
  return { issuer, podToken, folder, api, ...world };
}

for (const use of ["client", "grant"] as const)
  test(`TokenRequest, as ${use}: the token that @kubernetes/client-node gets`, async () => {
    const { folder, api, call, taken, origin, podToken } = await cluster();
    const { code, stderr } = await call(use, "kubernetes", api.env, "--assertion-identity", folder);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining(podToken)]);
    const script = join(ROOT, "tests/support/platforms/kubernetes-token.mjs");
    const theirs = await collect(
      spawn(process.execPath, [script, home.folder, usualAudience(use, origin)], {
        // Bun's fetch takes no authority from the client's own agent.
        env: { ...process.env, ...api.env, NODE_EXTRA_CA_CERTS: certificates.caFile },
      }),
    );
    expect([theirs.stderr, theirs.stdout]).toEqual(["", taken[0]?.token ?? ""]);
    expect(taken[0]?.claims.sub).toBe(SUBJECT);
    expect(new Set(api.asked).size).toBe(1);
  });

test("TokenRequest goes past proxies, and trusts the cluster's authority alone", async () => {
  const { folder, api, call } = await cluster();
  const proxied = { ...api.env, HTTPS_PROXY: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" };
  const identity = ["--assertion-identity", folder];
  expect((await call("client", "kubernetes", proxied, ...identity)).code).toBe(0);
  const others = makeCertificates();
  writeFileSync(join(folder, "ca.crt"), await Bun.file(others.caFile).text());
  rmSync(others.folder, { recursive: true });
  const env = { ...api.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
  const untrusted = await call("grant", "kubernetes", env, ...identity);
  expect([untrusted.code, untrusted.stderr]).toEqual([4, expect.stringContaining("its certificate")]);
});

test("a projected file is sent as it is, and one for another audience is named", async () => {
  const { issuer, call, taken, origin } = await cluster();
  const path = join(home.folder, "mcp");
  const token = await issuer.token(origin, { projected: true });
  writeFileSync(path, `${token}\n`);
  const identity = ["--assertion-identity", path];
  expect((await call("client", "kubernetes", {}, ...identity)).code).toBe(0);
  expect(taken[0]?.token).toBe(token);
  const wrong = await call(
    "client",
    "kubernetes",
    {},
    ...identity,
    "--assertion-audience",
    "https://other.example",
  );
  expect([wrong.code, wrong.stderr]).toEqual([
    4,
    expect.stringContaining(`is for ${origin}, not for https://other.example`),
  ]);
  expect(wrong.stderr).toContain("serviceAccountToken: { path: mcp, audience: https://other.example }");
  const gone = await call("grant", "kubernetes", {}, "--assertion-identity", join(home.folder, "gone"));
  expect([gone.code, gone.stderr]).toEqual([4, expect.stringContaining("there is no token at")]);
});

test("what is missing is said: the pod, the right, the account", async () => {
  const { folder, api, call, podToken } = await cluster();
  const said = async (env: Record<string, string>, ...more: string[]) => {
    const { code, stderr } = await call("client", "kubernetes", env, ...more);
    expect([code, stderr]).toEqual([4, expect.not.stringContaining(podToken)]);
    return stderr;
  };
  const identity = ["--assertion-identity", folder];
  expect(await said({}, ...identity)).toContain("the variable KUBERNETES_SERVICE_HOST is not set");
  writeFileSync(join(folder, "token"), podToken);
  for (const [status, words] of [
    [403, "grant it create on serviceaccounts/token (RBAC)"],
    [404, "there is no service account agents/machine"],
    [401, "the API server: HTTP status 401"],
    [302, "the API server: it redirects (HTTP status 302)"],
  ] as const) {
    api.instead = (response) => response.writeHead(status, { location: "https://127.0.0.1:9/" }).end("{}");
    expect(await said(api.env, ...identity)).toContain(words);
  }
});

test("hostile answers end in an error, in time", async () => {
  const { folder, api, call } = await cluster();
  const run = () => call("client", "kubernetes", api.env, "--assertion-identity", folder, "--timeout", "2");
  for (const [name, answer, words] of [
    ["garbage", "<html>planted", "the answer of the API server holds none"],
    ["another type", JSON.stringify({ status: { token: 7 } }), "the answer of the API server holds none"],
    ["huge", "x".repeat(1024 * 1024), "longer than 64 KiB"],
  ] as const) {
    api.instead = (response) => response.writeHead(201).end(answer);
    const { code, stderr } = await run();
    expect([name, code, stderr]).toEqual([name, 4, expect.stringContaining(words)]);
    expect(stderr).not.toContain("planted");
  }
  const timers: ReturnType<typeof setInterval>[] = [];
  api.instead = (response) => {
    response.writeHead(201);
    timers.push(setInterval(() => response.write(" "), 50));
  };
  const endless = await run();
  for (const timer of timers) clearInterval(timer);
  expect([endless.code, endless.stderr]).toEqual([4, expect.stringContaining("no answer within 2 s")]);
}, 60_000);
