// Requests of legacy clients that one process of `m2mcp serve` hands to another: what becomes of them where the way between
// the two ends, or the process that handed them over.
import { expect, test } from "bun:test";
import { BINARY, createHome, homeForEachTest } from "../support/home.ts";
import type { Asked } from "../support/mcp/scripted.ts";
import { complete, type ModernServer, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call } from "../support/messages.ts";
import { createNamespace, hasNamespaces } from "../support/net/namespace.ts";
import { httpClient as client, startReplicas } from "../support/replicas-by-hand.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();
const says = (text: string) => ({ content: [{ type: "text", text }] });

test("serve: a call that a balancer sends again, as who handed it over was killed, is not refused: it gets what is under way", async () => {
  const server = home.owns(await startModernServer());
  const waiting: Asked[] = [];
  Object.assign(server.methods, { "tools/call": (asked: Asked) => void waiting.push(asked) });
  const { url, end } = await startReplicas(home, server.url, 3);
  const it = client("keeps its first id");
  await it.open(url(0));
  const first = it.post(url(1), call(7)).catch(() => "broken off");
  await until(() => waiting.length === 1);
  await end(1);
  expect(await first).toBe("broken off");
  // Another call under its id is none of it.
  expect((await it.ask(url(2), call(7, "another"))).error.message).toContain("is under way");
  // Twice, so that it is seen when it has come: who sent it last gets the answer.
  const again = [1, 2].map(() => it.post(url(2), call(7)));
  expect((await Promise.race(again)).status).toBe(202);
  complete(waiting[0] as Asked, says("once"));
  const texts = await Promise.all(again.map(async (response) => (await response).text()));
  expect(texts.sort()).toEqual(["", JSON.stringify({ jsonrpc: "2.0", id: 7, result: says("once") })]);
  expect(server.count("tools/call")).toBe(1);
  // It is over, and its id free.
  const other = it.ask(url(2), call(7, "another"));
  await until(() => waiting.length === 2);
  complete(waiting[1] as Asked, says("twice"));
  expect((await other).result).toEqual(says("twice"));
});

test.skipIf(process.platform === "win32")(
  "serve: a call that was handed to a process that is stopped, not ended, is given up, and its session goes on here",
  async () => {
    const server = home.owns(await startModernServer());
    Object.assign(server.methods, { "tools/call": () => {} });
    const { url, signal } = await startReplicas(home, server.url, 2);
    const it = client("keeps its first id");
    await it.open(url(0));
    const pending = it.post(url(1), call(1));
    await until(() => server.count("tools/call") === 1);
    signal(0, "SIGSTOP");
    try {
      expect((await pending).status).toBe(502);
      Object.assign(server.methods, { "tools/call": (asked: Asked) => complete(asked, says("here")) });
      expect((await it.ask(url(1), call(2))).result).toEqual(says("here"));
    } finally {
      signal(0, "SIGCONT");
    }
  },
  30_000,
);

test("serve: what a request says of its own connection goes to no other process", async () => {
  const server = home.owns(await startModernServer());
  Object.assign(server.methods, { "tools/call": (asked: Asked) => complete(asked, says("done")) });
  const { url } = await startReplicas(home, server.url, 2);
  const its = { trailer: "x-sum", te: "trailers", "keep-alive": "timeout=5", upgrade: "h2c" };
  const it = client("keeps its first id", { ...its, "http2-settings": "AAMAAABk" });
  await it.open(url(0));
  expect((await it.ask(url(1), call(1))).result).toEqual(says("done"));
});

test("serve: a stream that another process holds does not keep one from ending", async () => {
  const server = home.owns(await startModernServer());
  const replicas = await startReplicas(home, server.url, 2);
  const it = client("keeps its first id");
  await it.open(replicas.url(0));
  await it.hear(replicas.url(1), new AbortController().signal);
  const startedMs = performance.now();
  await replicas.restart(1, "stop");
  expect(performance.now() - startedMs).toBeLessThan(15_000);
}, 60_000);

/** One that calls are handed to, beyond a link, and one here. */
async function acrossALink(server: ModernServer) {
  const there = home.owns(createNamespace());
  const url = await there.door(server.url);
  const far = createHome([...there.prefix, BINARY]);
  home.owns({ stop: () => far.remove() });
  const bearer = `${home.folder}/bearer`;
  await Bun.write(bearer, "word");
  const start = (of: typeof far, address: string) => {
    const args = ["--listen", `${address}:0`, "--bearer-file", bearer, "--allow-http", there.ours];
    return startServe(of, [url, ...args], { env: { M2MCP_PASSPHRASE: "one for all" } });
  };
  const [holder, near] = [await start(far, there.address), await start(home, there.ours)];
  return { there, holder, near };
}

test.skipIf(!hasNamespaces)(
  "serve: a call that was handed to another machine is given up where the link to that is cut, and the session goes on here",
  async () => {
    const server = home.owns(await startModernServer());
    let isSilent = true;
    Object.assign(server.methods, {
      "tools/call": (asked: Asked) => (isSilent ? undefined : complete(asked, says("done"))),
    });
    const { there, holder, near } = await acrossALink(server);
    const it = client("takes ids", { authorization: "Bearer word" });
    await it.open(holder.url);
    const before = it.post(near.url, call(1));
    await until(() => server.count("tools/call") === 1);
    there.cut();
    const startedMs = performance.now();
    // Both what it has already, and what never came there.
    const [one, other] = await Promise.all([before, it.post(near.url, call(2))]);
    expect([one.status, other.status]).toEqual([502, 502]);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    isSilent = false;
    expect((await it.ask(near.url, call(3))).result).toEqual(says("done"));
    there.heal();
    expect((await it.ask(holder.url, call(4))).result).toEqual(says("done"));
  },
  60_000,
);
