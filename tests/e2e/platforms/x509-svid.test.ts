// An X.509-SVID as the client certificate of the executable: a real authorization server and an MCP server over mutual
// TLS, tokens bound to the certificate, and an agent that rotates it.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { request } from "../../support/messages.ts";
import { type MtlsWorld, startMtlsWorld } from "../../support/oauth/mtls-world.ts";
import { makeIssuer } from "../../support/platforms/issuer.ts";
import { makeSvid } from "../../support/platforms/svids.ts";
import { startAgent } from "../../support/platforms/workload-api.ts";
import { sleep, until } from "../../support/waiting.ts";

const ID = "spiffe://example.org/machine";
const home = homeForEachTest();
let world: MtlsWorld;
beforeAll(async () => {
  world = await startMtlsWorld();
});
afterAll(() => world.stop());

/** The certificates of the calls that the MCP server answered, in order. */
const callers = () =>
  world.seen
    .filter((one) => one.where === "mcp" && one.status === 200 && one.path === "/mcp")
    .map((one) => one.certificate);

async function workload() {
  const issuer = await makeIssuer("https://spire.example.org", ID);
  const address = `unix:${join(home.folder, "agent.sock")}`;
  const start = async () => home.owns(await startAgent(issuer, ID, address));
  const agent = await start();
  const svid = makeSvid(world.certificates, ID);
  agent.rotate(svid);
  const env = { SPIFFE_ENDPOINT_SOCKET: agent.socket };
  const login = (...args: string[]) =>
    home.run(["login", world.url, "@svc", "--client-cert", "spiffe", ...args], { env });
  return { agent, svid, env, login, start };
}

test("its SPIFFE id is the client, and the trust bundle may be the authority", async () => {
  const { svid, login, env } = await workload();
  world.seen.length = 0;
  const { code, stderr } = await login("--ca", "spiffe");
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  await until(() => world.seen.some(({ where }) => where === "alias"));
  expect(world.seen.find(({ where }) => where === "alias")).toMatchObject({
    status: 200,
    certificate: svid.fingerprint,
  });
  const shown = await home.run(["config", "@svc", "client-id"]);
  expect(shown.stdout).toContain(ID);
  const strange = await home.run(["login", world.url, "@other", "--client-cert", "spiffe"], { env });
  expect([strange.code, strange.stderr]).toEqual([
    3,
    expect.stringContaining("its certificate chain is self-signed"),
  ]);
}, 30_000);

test("a bridge follows each rotation by the stream, and stays through an agent that restarts", async () => {
  const { agent, svid, env, login, start } = await workload();
  expect((await login("--ca", world.certificates.caFile)).code).toBe(0);
  world.seen.length = 0;
  const bridge = startBridge(home, ["@svc", "--protocol", "2026-07-28"], { env });
  let id = 0;
  const list = async () => {
    bridge.say(request(++id, "tools/list", {}));
    expect((await bridge.answer(id)).result).toMatchObject({ tools: [{ name: "there" }] });
    await until(() => callers().length >= id);
    return callers().at(-1);
  };
  const shows = async (fingerprint: string) => {
    for (const endMs = Date.now() + 10_000; (await list()) !== fingerprint; await sleep(20))
      if (Date.now() > endMs) throw new Error("the new certificate is not shown");
  };
  expect(await list()).toBe(svid.fingerprint);
  for (let turn = 0; turn < 3; turn++) {
    const next = makeSvid(world.certificates, ID);
    agent.rotate(next);
    await shows(next.fingerprint);
  }
  // Calls in flight while it rotates: each is answered.
  for (let turn = 0; turn < 10; turn++) bridge.say(request(++id, "tools/list", {}));
  const last = makeSvid(world.certificates, ID);
  agent.rotate(last);
  for (let turn = id - 9; turn <= id; turn++)
    expect((await bridge.answer(turn)).result).toHaveProperty("tools");
  await shows(last.fingerprint);
  agent.stop();
  expect(await list()).toBe(last.fingerprint);
  const again = await start();
  const anew = makeSvid(world.certificates, ID);
  again.rotate(anew);
  await until(() => again.streams.size > 0);
  await shows(anew.fingerprint);
  expect(await bridge.end()).toBe(0);
}, 90_000);

test("one command ends at once, though the stream goes on", async () => {
  const { agent, login, env } = await workload();
  expect((await login("--ca", world.certificates.caFile)).code).toBe(0);
  const { code, stdout } = await home.run(["@svc", "tools-list"], { env });
  expect([code, stdout]).toEqual([0, expect.stringContaining("there")]);
  await until(() => agent.streams.size === 0);
});

test("what is missing is said, before anything is sent", async () => {
  const { agent, login } = await workload();
  world.seen.length = 0;
  const none = await home.run(["login", world.url, "@svc", "--client-cert", "spiffe"]);
  expect([none.code, none.stderr]).toEqual([4, expect.stringContaining("SPIFFE_ENDPOINT_SOCKET is not set")]);
  agent.refusing = status.PERMISSION_DENIED;
  const refused = await login();
  expect([refused.code, refused.stderr]).toEqual([
    4,
    expect.stringContaining("has no identity for this process"),
  ]);
  agent.refusing = undefined;
  for (const broken of [Buffer.from("planted"), Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])]) {
    agent.rotate({ chain: broken, key: broken, bundle: broken });
    const { code, stderr } = await login();
    expect([code, stderr]).toEqual([4, expect.stringContaining("its answer cannot be read")]);
    expect(stderr).not.toContain("planted");
  }
  // An agent that says nothing is waited for as long as was said.
  agent.mute();
  const late = await login("--timeout", "1");
  expect([late.code, late.stderr]).toEqual([4, expect.stringContaining("gave none within 1 s")]);
  writeFileSync(join(home.folder, "key.pem"), "x");
  const key = await login("--client-key", "key.pem");
  expect([key.code, key.stderr]).toEqual([1, expect.stringContaining("brings its own key")]);
  expect(world.seen.filter(({ where }) => where === "alias")).toEqual([]);
});
