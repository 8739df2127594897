// Each feature of the protocol in each pair of client and server, the executable between the official SDKs; prints
// what it found as a table.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHome, type Home } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import type { FullServer } from "../support/mcp/full-server.ts";
import { connectLegacy, connectModern } from "../support/sdk-clients.ts";
import { type Cell, FEATURES, type Running } from "./features.ts";

const SERVERS = { legacy: "legacy", modern: "modern", "HTTP+SSE": "HTTP+SSE" } as const;
const CELLS: Cell[] = (["legacy", "modern"] as const).flatMap((client) =>
  Object.values(SERVERS).map((server) => ({ client, server })),
);
const titleOf = ({ client, server }: Cell) => `${client} → ${server}`;

const start = {
  legacy: () => startFullLegacyServer("http"),
  modern: () => startFullModernServer(),
  "HTTP+SSE": () => startFullLegacyServer("sse"),
};

/** What each cell came to, by feature. */
const outcomes = new Map<string, string>();
let home: Home;
beforeAll(() => {
  home = createHome();
});
afterAll(() => {
  home.remove();
  console.log(table());
});

for (const cell of CELLS)
  describe(titleOf(cell), () => {
    let server: FullServer;
    let running: Running;
    beforeAll(async () => {
      server = await start[cell.server]();
      const connect = cell.client === "legacy" ? connectLegacy : connectModern;
      const it = await connect({ url: server.url, env: home.env });
      running = { ...cell, it, seen: server.seen };
    });
    afterAll(async () => {
      await running?.it.close();
      await server.stop();
    });
    for (const feature of FEATURES) {
      const key = `${feature.name} ${titleOf(cell)}`;
      const reason = feature.without?.(cell);
      if (reason !== undefined) outcomes.set(key, `–  ${reason}`);
      else
        test(feature.name, async () => {
          outcomes.set(key, "✗");
          await feature.check(running);
          outcomes.set(key, "✓");
        });
    }
  });

test("no cell is left out", () => {
  expect(outcomes.size).toBe(FEATURES.length * CELLS.length);
});

/** The features as rows, the cells as columns; the reasons for what is missing below. */
function table(): string {
  const reasons: string[] = [];
  const noteOf = (outcome: string) => {
    if (!outcome.startsWith("–")) return outcome;
    const reason = outcome.slice(1).trim();
    if (!reasons.includes(reason)) reasons.push(reason);
    return `– ${reasons.indexOf(reason) + 1}`;
  };
  const rows = FEATURES.map(({ name }) => [
    name,
    ...CELLS.map((cell) => noteOf(outcomes.get(`${name} ${titleOf(cell)}`) ?? "not run")),
  ]);
  const head = ["client → server", ...CELLS.map(titleOf)];
  const widths = head.map((title, at) =>
    Math.max(...[head, ...rows].map((row) => (row[at] ?? title).length)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const notes = reasons.map((reason, at) => `– ${at + 1}  ${reason}`);
  return ["", ...lines, "", ...notes, ""].join("\n");
}
