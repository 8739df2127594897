// A server of another era in the place of the one before, while a bridge runs.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { type Asked, refuse, reply, serveScript } from "../support/mcp/scripted.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import { beginnings, echo, META, request, textOf } from "../support/messages.ts";
import { sleep } from "../support/waiting.ts";
import { serversBehindFront } from "./servers.ts";

const { home, servers, front } = serversBehindFront();

describe("while the bridge runs", () => {
  for (const client of ["legacy", "modern"] as const)
    for (const [from, to] of [
      ["legacy", "modern"],
      ["modern", "legacy"],
      ["modern", "sse"],
      ["sse", "legacy"],
      ["sse", "modern"],
    ] as const)
      test(`a ${client} client goes on when the server changes from ${from} to ${to}`, async () => {
        front.put(servers[from].url);
        const run = startBridge(home, [front.url, "--timeout", "10"]);
        run.say(...beginnings[client]);
        expect(textOf(await run.answer("call"))).toBe("hi");
        if (from === "legacy") servers.legacy.restart();
        front.put(servers[to].url);
        run.say(echo("after", client, "still"));
        expect((await run.answer("after")).error).toBeUndefined();
        expect(textOf(await run.answer("after"))).toBe("still");
        run.say(echo("later", client, "again"));
        expect(textOf(await run.answer("later"))).toBe("again");
        if (client === "legacy")
          expect(run.heard.some(({ method }) => method === "notifications/tools/list_changed")).toBe(true);
        await run.stop();
      });
});

for (const [from, to] of [
  ["legacy", "modern"],
  ["modern", "legacy"],
  ["sse", "modern"],
  ["modern", "sse"],
] as const)
  test(`a modern client's subscription at a ${from} server goes on at the ${to} one in its place`, async () => {
    front.put(servers[from].url);
    const run = startBridge(home, [front.url, "--timeout", "10"]);
    run.say(...beginnings.modern);
    await run.answer("call");
    const params = { notifications: { toolsListChanged: true }, _meta: META };
    run.say({ jsonrpc: "2.0", id: "sub", method: "subscriptions/listen", params });
    const heard = (what: string) => run.heard.filter(({ method }) => method === `notifications/${what}`);
    await run.hear(({ method }) => method === "notifications/subscriptions/acknowledged");
    if (from === "legacy") servers.legacy.restart();
    front.put(servers[to].url);
    run.say(echo("after", "modern", "still"));
    expect(textOf(await run.answer("after"))).toBe("still");
    // What may have changed meanwhile, and then what does change.
    for (let tries = 0; heard("tools/list_changed").length < 2 && tries < 50; tries++) {
      const change = { name: "change", arguments: { what: "tools" }, _meta: META };
      run.say({ jsonrpc: "2.0", id: `change ${tries}`, method: "tools/call", params: change });
      await run.answer(`change ${tries}`);
      await sleep(100);
    }
    expect(heard("tools/list_changed").length).toBeGreaterThan(1);
    for (const { params } of heard("tools/list_changed"))
      expect(params?._meta).toMatchObject({ "io.modelcontextprotocol/subscriptionId": "sub" });
    expect(heard("subscriptions/acknowledged")).toHaveLength(1);
    expect(run.heard.some(({ id }) => id === "sub")).toBe(false);
    run.say(echo("last", "modern"));
    expect(textOf(await run.answer("last"))).toBe("hi");
    await run.stop();
    expect(run.heard.filter(({ id }) => id === "sub")).toMatchObject([
      { result: { resultType: "complete" } },
    ]);
  });

for (const [from, to] of [
  ["legacy", "modern"],
  ["modern", "legacy"],
  ["modern", "sse"],
] as const)
  test(`what a legacy client set at a ${from} server is told to the ${to} one in its place`, async () => {
    const { subscribed } = servers[to].seen;
    front.put(servers[from].url);
    const run = startBridge(home, [front.url, "--timeout", "10"]);
    run.say(...beginnings.legacy, request("level", "logging/setLevel", { level: "error" }));
    run.say(request("sub", "resources/subscribe", { uri: "memo://two" }));
    expect((await run.answer("sub")).error).toBeUndefined();
    await run.answer("level");
    if (from === "legacy") servers.legacy.restart();
    front.put(servers[to].url);
    run.say(echo("after", "legacy", "still"));
    expect(textOf(await run.answer("after"))).toBe("still");
    const updated = () =>
      run.heard.some(
        ({ method, params }) => method === "notifications/resources/updated" && params?.uri === "memo://two",
      );
    for (let tries = 0; !updated() && tries < 50; tries++) {
      const id = `touch ${tries}`;
      run.say(request(id, "tools/call", { name: "touch", arguments: { uri: "memo://two" } }));
      await run.answer(id);
      await sleep(100);
    }
    expect(updated()).toBe(true);
    run.say(request("log", "tools/call", { name: "log" }));
    const { params } = await run.hear(({ method }) => method === "notifications/message");
    expect(params?.level).toBe("error");
    // The bridge's own requests have no answer that the client could see.
    expect(run.heard.some(({ id }) => String(id).startsWith("m2mcp-"))).toBe(false);
    await run.stop();
    subscribed.clear();
  });

for (const client of ["legacy", "modern"] as const)
  test(`a ${client} client's call that a server refuses in each era is answered with its refusal`, async () => {
    let era: "legacy" | "modern" = client;
    const versions = { legacy: "2025-11-25", modern: "2026-07-28" };
    const server = home.owns(
      await serveScript((asked, response) => {
        const { http, id, method } = asked;
        if (http !== "POST") return response.writeHead(405).end();
        if (id === undefined) return response.writeHead(202).end();
        // Whoever calls in one era is told that it is the other by now.
        if (method === "tools/call") era = isModern(asked) ? "legacy" : "modern";
        if (isModern(asked) !== (era === "modern"))
          return refuse(asked, 400, {
            code: -32022,
            message: "unsupported protocol version",
            data: { supported: [versions[era]] },
          });
        return reply(asked, era === "modern" ? discovered({ tools: {} }) : HANDSHAKE);
      }),
    );
    const run = startBridge(home, [server.url]);
    run.say(...beginnings[client]);
    expect((await run.answer("call")).error.code).toBe(-32022);
    expect(server.count("tools/call")).toBe(2);
    await run.stop();
  });

const HANDSHAKE = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: {} },
  serverInfo: { name: "x", version: "1" },
};
const isModern = ({ request: { headers } }: Asked) => headers["mcp-method"] !== undefined;
