// Each feature of the protocol in each pair of client and server, where that server is one of three of three kinds.
import { afterAll, beforeAll, describe, test } from "bun:test";
import { createHome, type Home } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import type { FullServer } from "../support/mcp/full-server.ts";
import { refuse, reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { connectLegacy, connectModern } from "../support/sdk-clients.ts";
import { startRoundRobin, startServe } from "../support/serve.ts";
import { type Cell, FEATURES, type Running } from "./features.ts";

const CELLS: Cell[] = (["legacy", "modern"] as const).flatMap((client) =>
  (["legacy", "modern", "HTTP+SSE"] as const).map((server) => ({ client, server })),
);
const start = {
  legacy: () => startFullLegacyServer("http"),
  modern: () => startFullModernServer(),
  "HTTP+SSE": () => startFullLegacyServer("sse"),
};
/** What all of them say together: tests/e2e/several has it. */
const OF_ALL = /^(name, capabilities, instructions|tools, page by page|structured output that is no object)/;
/** What 2026-07-28 has no place for over HTTP. */
const NOT_OVER_HTTP = /^(a notification of an extension, to the client|an unknown method)/;

let home: Home;
const others: { url: string; stop(): unknown }[] = [];
beforeAll(async () => {
  home = createHome();
  const old = await startLegacyServer((asked) => {
    if (asked.method === "tools/list")
      return reply(asked, { tools: [{ name: "old-one", inputSchema: { type: "object" } }] });
    if (asked.method === "tools/call") return reply(asked, says("old"));
    return refuse(asked, 200, { code: -32601, message: "Method not found" });
  });
  const recent = await startModernServer();
  recent.capabilities = { tools: {} };
  for (const method of ["prompts/get", "resources/read", "example.com/nothing", "example.com/echo"])
    recent.methods[method] = (asked) => refuse(asked, 404, { code: -32601, message: "Method not found" });
  recent.methods["tools/list"] = (asked) =>
    complete(asked, {
      tools: [{ name: "new-one", inputSchema: { type: "object" } }],
      ttlMs: 0,
      cacheScope: "private",
    });
  others.push(old, recent);
});
afterAll(async () => {
  await home.remove();
  for (const other of others) await other.stop();
});

const HOSTS = ["bridge", "serve", "three of serve"] as const;

for (const host of HOSTS)
  for (const cell of CELLS)
    describe(`${cell.client} → ${cell.server} among others, ${host}`, () => {
      let server: FullServer;
      let running: Running;
      const ends: (() => Promise<unknown>)[] = [];
      const name = `full-${cell.client}-${HOSTS.indexOf(host)}-${cell.server.replace("+", "-").toLowerCase()}`;
      beforeAll(async () => {
        server = await start[cell.server]();
        const urls = { [name]: server.url, old: others[0]?.url ?? "", recent: others[1]?.url ?? "" };
        for (const [profile, url] of Object.entries(urls)) await home.run(["connect", url, `@${profile}`]);
        const names = Object.keys(urls).map((profile) => `@${profile}`);
        const connect = cell.client === "legacy" ? connectLegacy : connectModern;
        const [url = "", ...args] = names;
        if (host === "bridge") {
          running = {
            ...cell,
            asker: `@${name}: `,
            it: await connect({ url, args, env: home.env }),
            seen: server.seen,
          };
          return;
        }
        const env = { M2MCP_PASSPHRASE: "one for all" };
        await home.run(["store", "move", "--to", "file"]);
        const served = await Promise.all(
          Array.from({ length: host === "serve" ? 1 : 3 }, () => startServe(home, names, { env })),
        );
        ends.push(...served.map((one) => () => one.stop()));
        const front = await startRoundRobin(served.map((one) => one.url));
        ends.push(() => front.stop());
        running = {
          ...cell,
          asker: `@${name}: `,
          it: await connect({ url, env: home.env, served: front.url }),
          seen: server.seen,
        };
      });
      afterAll(async () => {
        await running?.it.close();
        for (const end of ends.reverse()) await end();
        await server?.stop();
      });
      for (const feature of FEATURES)
        if (
          feature.without?.(cell) === undefined &&
          !OF_ALL.test(feature.name) &&
          (host === "bridge" || cell.client === "legacy" || !NOT_OVER_HTTP.test(feature.name))
        )
          test(feature.name, () => feature.check(running));
    });
