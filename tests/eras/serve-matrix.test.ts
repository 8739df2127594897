// Each feature of the protocol in each pair of client and server, over HTTP: through one `serve`, and through three whose
// requests go round, so that none of them keeps what another needs.
import { afterAll, beforeAll, describe, test } from "bun:test";
import { createHome, type Home } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import type { FullServer } from "../support/mcp/full-server.ts";
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
/** What 2026-07-28 has no place for over HTTP: what belongs to no request, and an error whose status says it first. */
const MODERN = /^(a notification of an extension, to the client|an unknown method)/;

let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.remove());

for (const replicas of [1, 3])
  for (const cell of CELLS)
    describe(`${cell.client} → ${cell.server}, ${replicas === 1 ? "one process" : "three processes"}`, () => {
      let server: FullServer;
      let running: Running;
      const ends: (() => Promise<unknown>)[] = [];
      beforeAll(async () => {
        server = await start[cell.server]();
        const env = { M2MCP_PASSPHRASE: "one for all" };
        const served = await Promise.all(
          Array.from({ length: replicas }, () => startServe(home, [server.url], { env })),
        );
        ends.push(...served.map((one) => () => one.stop()));
        const front = await startRoundRobin(served.map(({ url }) => url));
        ends.push(() => front.stop());
        const connect = cell.client === "legacy" ? connectLegacy : connectModern;
        const it = await connect({ url: server.url, env: home.env, served: front.url });
        running = { ...cell, it, seen: server.seen };
      });
      afterAll(async () => {
        await running?.it.close();
        for (const end of ends.reverse()) await end();
        await server.stop();
      });
      for (const feature of FEATURES)
        if (feature.without?.(cell) === undefined && (cell.client === "legacy" || !MODERN.test(feature.name)))
          test(feature.name, () => feature.check(running));
    });
