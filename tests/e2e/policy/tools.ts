// Servers of both eras whose tools a test can change while they run.

import { type Asked, reply } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { complete, startModernServer } from "../../support/mcp/scripted-modern.ts";
import type { Json } from "../../support/messages.ts";

export interface ToolServer {
  url: string;
  tools: Json[];
  /** How many tools a page has. */
  pageSize: number;
  /** Tools that were called, in order. */
  called: string[];
  count(method: string): number;
  stop(): unknown;
}

const TOOLS: readonly Json[] = [
  {
    name: "get_one",
    description: "One",
    inputSchema: { type: "object" },
    annotations: { readOnlyHint: true },
  },
  {
    name: "get_two",
    description: "Two",
    inputSchema: { type: "object" },
    annotations: { readOnlyHint: true },
  },
  {
    name: "drop",
    description: "Drop",
    inputSchema: { type: "object" },
    annotations: { destructiveHint: true },
  },
  { name: "odd", description: "Odd", inputSchema: { type: "object" } },
];

export async function startToolServer(era: "legacy" | "modern"): Promise<ToolServer> {
  const kept = { tools: structuredClone([...TOOLS]), pageSize: 2, called: [] as string[] };
  const list = (asked: Asked) => {
    const from = Number(asked.params?.cursor ?? 0);
    const next = from + kept.pageSize;
    const more = next < kept.tools.length ? { nextCursor: String(next) } : {};
    return { tools: kept.tools.slice(from, next), ...more };
  };
  const call = (asked: Asked) => {
    kept.called.push(asked.params.name);
    return { content: [{ type: "text", text: `called ${asked.params.name}` }] };
  };
  if (era === "legacy") {
    const server = await startLegacyServer((asked, response) => {
      if (asked.http === "GET") return response.writeHead(405).end();
      return reply(
        asked,
        asked.method === "tools/list" ? list(asked) : asked.method === "tools/call" ? call(asked) : {},
      );
    });
    return Object.assign(kept, { url: server.url, count: server.count, stop: () => server.stop() });
  }
  const server = await startModernServer();
  server.methods["tools/list"] = (asked) =>
    complete(asked, { ...list(asked), ttlMs: 0, cacheScope: "private" });
  server.methods["tools/call"] = (asked) => complete(asked, call(asked));
  return Object.assign(kept, { url: server.url, count: server.count, stop: () => server.stop() });
}
