// What a legacy client has set in its session, what it has under way and what it was asked, at `m2mcp serve` whose
// processes are killed, end, or take its requests in turn.
import { expect, test } from "bun:test";
import { createHome, homeForEachTest } from "../support/home.ts";
import { type Asked, event, reply, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, type ModernServer, startModernServer, tagged } from "../support/mcp/scripted-modern.ts";
import { call, notification, request } from "../support/messages.ts";
import { httpClient as client, startReplicas } from "../support/replicas-by-hand.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const LEVEL = "io.modelcontextprotocol/logLevel";
const says = (text: string) => ({ content: [{ type: "text", text }] });

const levelOf = ({ seen }: ModernServer) =>
  seen.findLast(({ method }) => method === "tools/call")?.params._meta[LEVEL];
const subscribedTo = ({ listens }: ModernServer) =>
  listens.flatMap(({ params }) => params.notifications.resourceSubscriptions ?? []);
const setLevel = (level: string) => request(`level ${level}`, "logging/setLevel", { level });
const subscribe = (uri: string) => request(`subscribe ${uri}`, "resources/subscribe", { uri });

for (const habit of ["takes ids", "keeps cookies"] as const)
  for (const how of ["kill", "stop"] as const)
    test(`serve, one process, ${how === "kill" ? "killed" : "ended"}: level and subscriptions of a client that ${habit} hold on`, async () => {
      const server = home.owns(await startModernServer());
      const { url, restart } = await startReplicas(home, server.url, 1);
      const it = client(habit);
      await it.open(url(0));
      expect((await it.ask(url(0), setLevel("error"))).result).toEqual({});
      expect((await it.ask(url(0), subscribe("memo://1"))).result).toEqual({});
      expect((await it.ask(url(0), subscribe("memo://2"))).result).toEqual({});
      expect(
        (await it.ask(url(0), request("less", "resources/unsubscribe", { uri: "memo://1" }))).result,
      ).toEqual({});
      await restart(0, how);
      await until(() => server.listens.length === 0);
      await it.ask(url(0), call(1));
      expect(levelOf(server)).toBe("error");
      const over = new AbortController();
      const heard = await it.hear(url(0), over.signal);
      await until(() => subscribedTo(server).includes("memo://2"));
      expect(subscribedTo(server)).not.toContain("memo://1");
      const listening = server.listens.at(-1) as Asked;
      event(listening.response, tagged(listening, "notifications/resources/updated", { uri: "memo://2" }));
      await until(() => heard.join("").includes("memo://2"));
      over.abort();
    });

test("serve, three processes: what was set comes back to a killed one from those that live, for a client that keeps its first id", async () => {
  const server = home.owns(await startModernServer());
  const { url, restart } = await startReplicas(home, server.url, 3);
  const it = client("keeps its first id");
  await it.open(url(0));
  await it.ask(url(1), setLevel("error"));
  for (const at of [0, 1, 2]) {
    await it.ask(url(at), call(at));
    expect([at, levelOf(server)]).toEqual([at, "error"]);
  }
  await restart(0);
  await it.ask(url(1), call(4));
  expect(levelOf(server)).toBe("error");
  await it.ask(url(0), call(5));
  expect(levelOf(server)).toBe("error");
});

test("serve, three processes: a session goes on elsewhere where the process that held it does not come back", async () => {
  const server = home.owns(await startModernServer());
  const { url, end } = await startReplicas(home, server.url, 3);
  const it = client("takes ids");
  await it.open(url(0));
  await it.ask(url(1), setLevel("error"));
  await end(0);
  await it.ask(url(1), call(1));
  expect(levelOf(server)).toBe("error");
  // It is the other's by now, and known as such at the third.
  await it.ask(url(2), setLevel("debug"));
  await it.ask(url(1), call(2));
  expect(levelOf(server)).toBe("debug");
}, 20_000);

test("serve, three processes: a cancellation finds its request, a stream what is subscribed to elsewhere", async () => {
  const server = home.owns(await startModernServer());
  let closed = 0;
  Object.assign(server.methods, {
    "tools/call": (asked: Asked) => void asked.response.on("close", () => closed++),
  });
  const { url } = await startReplicas(home, server.url, 3);
  const it = client("keeps its first id");
  await it.open(url(0));
  const asked = it.post(url(1), call(7));
  await until(() => server.count("tools/call") === 1);
  await it.post(url(2), notification("notifications/cancelled", { requestId: 7 }));
  await until(() => closed === 1);
  expect((await asked).status).toBe(202);
  const over = new AbortController();
  const heard = await it.hear(url(2), over.signal);
  await it.ask(url(1), subscribe("memo://1"));
  await until(() => subscribedTo(server).includes("memo://1"));
  const listening = server.listens.at(-1) as Asked;
  event(listening.response, tagged(listening, "notifications/resources/updated", { uri: "memo://1" }));
  await until(() => heard.join("").includes("memo://1"));
  over.abort();
});

test("serve: a process that dies under a request that it was handed breaks that off, or leaves it to the balancer", async () => {
  const server = home.owns(await startModernServer());
  let speaks = false;
  Object.assign(server.methods, {
    "tools/call": (asked: Asked) => {
      if (speaks)
        event(
          stream(asked.response),
          notification("notifications/progress", { progress: 1, progressToken: 1 }),
        );
    },
  });
  const { url, end } = await startReplicas(home, server.url, 2);
  const it = client("keeps its first id");
  await it.open(url(0));
  const silent = it.post(url(1), call(1));
  await until(() => server.count("tools/call") === 1);
  speaks = true;
  const speaking = await it.post(url(1), { ...call(2), params: { name: "x", _meta: { progressToken: 1 } } });
  await end(0);
  expect((await silent).status).toBe(502);
  expect(await speaking.text().catch(() => "broken off")).toBe("broken off");
  Object.assign(server.methods, { "tools/call": (asked: Asked) => complete(asked, says("done")) });
  expect((await it.ask(url(1), call(3))).result.content[0].text).toBe("done");
}, 20_000);

test("serve, three processes: a session that a legacy server forgot is opened again with all that was set, wherever", async () => {
  let forgotten = "";
  const set: string[] = [];
  const server = home.owns(
    await startLegacyServer(
      (asked) => {
        if (asked.http === "GET") return stream(asked.response);
        if (asked.session === forgotten) return asked.response.writeHead(404).end();
        if (asked.method === "logging/setLevel") set.push(`${asked.session} ${asked.params.level}`);
        if (asked.method === "resources/subscribe") set.push(`${asked.session} ${asked.params.uri}`);
        reply(asked, asked.method === "tools/call" ? says(String(asked.session)) : {});
      },
      { handshake: { capabilities: { logging: {}, resources: { subscribe: true } } } },
    ),
  );
  const { url } = await startReplicas(home, server.url, 3);
  const it = client("takes ids");
  await it.open(url(0));
  await it.ask(url(0), setLevel("error"));
  await it.ask(url(1), subscribe("memo://1"));
  set.length = 0;
  forgotten = "s1";
  expect((await it.ask(url(2), call(1))).result.content[0].text).toBe("s2");
  await until(() => set.length === 2);
  expect(set.sort()).toEqual(["s2 error", "s2 memo://1"]);
  // The others learn of it from the id.
  expect((await it.ask(url(0), call(2))).result.content[0].text).toBe("s2");
  await sleep(100);
  expect(server.count("initialize")).toBe(2);
});

test("serve: sessions are kept apart, also in one jar of cookies", async () => {
  const server = home.owns(await startModernServer());
  const other = createHome();
  try {
    const { url } = await startReplicas(other, server.url, 1);
    const [one, two] = [client("keeps cookies"), client("keeps cookies")];
    await one.open(url(0));
    await two.open(url(0));
    await one.ask(url(0), setLevel("error"));
    const response = await one.post(url(0), call(1));
    const [cookie = ""] = response.headers.getSetCookie();
    expect(cookie).toContain("HttpOnly");
    const answer = await fetch(url(0), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": cookie.split(/[=;]/)[1] ?? "",
        cookie: "m2mcp-session=m2mcp.AAAA; other=1",
      },
      body: JSON.stringify(call(2)),
    });
    expect(answer.status).toBe(200);
    expect(levelOf(server)).toBe("error");
    await two.ask(url(0), call(3));
    expect(levelOf(server)).toBeUndefined();
  } finally {
    await other.remove();
  }
});

test("serve: a client that goes without a word leaves no subscription open at a modern server, and has it again when it comes back", async () => {
  const server = home.owns(await startModernServer());
  const { url } = await startReplicas(home, server.url, 1);
  const it = client("takes ids");
  await it.open(url(0));
  await it.ask(url(0), subscribe("memo://1"));
  const over = new AbortController();
  await it.hear(url(0), over.signal);
  await until(() => subscribedTo(server).includes("memo://1"));
  over.abort();
  await until(() => server.listens.length === 0, 60_000);
  const again = new AbortController();
  const heard = await it.hear(url(0), again.signal);
  await until(() => subscribedTo(server).includes("memo://1"));
  const listening = server.listens.at(-1) as Asked;
  event(listening.response, tagged(listening, "notifications/resources/updated", { uri: "memo://1" }));
  await until(() => heard.join("").includes("memo://1"));
  again.abort();
}, 90_000);
