// Mutual TLS (RFC 8705) on the executable, with a real authorization server and tokens bound to the certificate.
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { request } from "../support/messages.ts";
import { type MtlsWorld, startMtlsWorld } from "../support/oauth/mtls-world.ts";
import { sleep, until } from "../support/waiting.ts";

let world: MtlsWorld;
const home = homeForEachTest();
beforeAll(async () => {
  world = await startMtlsWorld();
});
afterAll(() => world.stop());
beforeEach(() => forget());

/** Waits until the server has printed all that happened: its last line is that of a request made here. */
async function reported() {
  const path = `/.well-known/oauth-protected-resource/${crypto.randomUUID()}`;
  await fetch(new URL(path, world.url), { tls: { ca: readFileSync(world.certificates.caFile, "utf8") } });
  const last = () => world.seen.findIndex((one) => one.path === path);
  await until(() => last() >= 0);
  world.seen.splice(last(), 1);
}

async function forget() {
  await reported();
  world.seen.length = 0;
}

const fingerprint = (file: string) => new X509Certificate(readFileSync(file)).fingerprint256;
const login = (certFile: string, keyFile: string, ...more: string[]) =>
  home.run([
    ...["login", world.url, "@svc", "--client-id", "machine", "--ca", world.certificates.caFile],
    ...["--client-cert", certFile, "--client-key", keyFile, ...more],
  ]);

test("the token comes from the alias of the token endpoint, and the certificate goes with each call", async () => {
  const { certFile, keyFile } = world.certificates.client;
  const { code, stderr } = await login(certFile, keyFile);
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  await reported();
  const tokens = world.seen.filter(({ path }) => path === "/token");
  expect(tokens).toEqual([
    { where: "alias", path: "/token", status: 200, certificate: fingerprint(certFile) },
  ]);
  await forget();
  const { stdout } = await home.run(["@svc", "tools-list"]);
  expect(stdout).toContain("there");
  await reported();
  expect(world.seen.filter(({ where }) => where === "mcp").at(-1)).toMatchObject({
    status: 200,
    certificate: fingerprint(certFile),
  });
});

test("a bridge follows a certificate that is renewed in place, token and calls alike", async () => {
  const [certFile, keyFile] = [join(home.folder, "tls.pem"), join(home.folder, "tls.key")];
  copyFileSync(world.certificates.client.certFile, certFile);
  copyFileSync(world.certificates.client.keyFile, keyFile);
  expect((await login(certFile, keyFile, "--no-store-secret")).code).toBe(0);
  const { say, answer, end } = startBridge(home, ["@svc", "--protocol", "2026-07-28"]);
  let id = 0;
  const list = () => {
    say(request(++id, "tools/list", {}));
    return answer(id);
  };
  expect(await list()).toMatchObject({ id: 1, result: { tools: [{ name: "there" }] } });
  // First a certificate that does not go with the key, as in the midst of a renewal: the old pair stays in use.
  copyFileSync(world.certificates.renewed.certFile, certFile);
  await sleep(5500);
  expect(await list()).toMatchObject({ id: 2, result: { tools: [{ name: "there" }] } });
  copyFileSync(world.certificates.renewed.keyFile, keyFile);
  await sleep(5500);
  await forget();
  expect(await list()).toMatchObject({ id: 3, result: { tools: [{ name: "there" }] } });
  expect(await end()).toBe(0);
  await reported();
  const now = fingerprint(certFile);
  // The token was bound to the old certificate: refused once, issued anew.
  expect(world.seen.filter(({ path }) => path === "/token").map(({ certificate }) => certificate)).toEqual([
    now,
  ]);
  expect(world.seen.filter(({ where }) => where === "mcp").at(-1)).toMatchObject({
    status: 200,
    certificate: now,
  });
}, 60_000);

test("what is no pair is said before anything is sent", async () => {
  const { certFile } = world.certificates.client;
  const mixed = await login(certFile, world.certificates.renewed.keyFile);
  expect([mixed.code, mixed.stderr]).toEqual([4, expect.stringContaining("another certificate")]);
  const junk = join(home.folder, "junk");
  writeFileSync(junk, "junk");
  expect((await login(junk, world.certificates.client.keyFile)).stderr).toContain("no PEM certificate");
  expect((await login(certFile, junk)).stderr).toContain("no PEM private key");
  await reported();
  expect(world.seen).toEqual([]);
});
