// A real MCP server (official SDK 1.x, sessions, resumable streams) that counts how often each call was carried out.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import {
  type EventStore,
  StreamableHTTPServerTransport,
} from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { listen } from "../net/listen.ts";
import { sleep } from "../waiting.ts";

export interface CountingServer {
  url: string;
  /** How often each number was given to the tool `once`, which may not be called twice. */
  once: Map<number, number>;
  /** Whether the session that was used last is still open. */
  leftOpen(): boolean;
  stop(): void;
}

/** The events of the streams, so many at most: what is resumed is young. */
function createEventStore(longest: number): EventStore {
  const events = new Map<string, { stream: string; message: JSONRPCMessage }>();
  let serial = 0;
  return {
    async storeEvent(stream, message) {
      const id = `${stream}_${++serial}`;
      events.set(id, { stream, message });
      for (const oldest of events.keys()) {
        if (events.size <= longest) break;
        events.delete(oldest);
      }
      return id;
    },
    async replayEventsAfter(last, { send }) {
      const stream = last.slice(0, last.lastIndexOf("_"));
      const after = Number(last.slice(last.lastIndexOf("_") + 1));
      for (const [id, event] of events)
        if (event.stream === stream && Number(id.slice(id.lastIndexOf("_") + 1)) > after)
          await send(id, event.message);
      return stream;
    },
  };
}

/** @param delayMs how long a call of `once` takes, in ms */
export async function startCountingServer(delayMs = 0): Promise<CountingServer> {
  const once = new Map<number, number>();
  const transports = new Map<string, StreamableHTTPServerTransport>();
  let lastUsed = "";

  function createMcpServer(): McpServer {
    const server = new McpServer(
      { name: "counting", version: "1" },
      { capabilities: { tools: { listChanged: true } } },
    );
    const say = (n: number) => ({ content: [{ type: "text" as const, text: `said ${n}` }] });
    server.registerTool(
      "look",
      { description: "Reads", inputSchema: { n: z.number() }, annotations: { readOnlyHint: true } },
      ({ n }) => say(n),
    );
    server.registerTool("once", { description: "Acts", inputSchema: { n: z.number() } }, async ({ n }) => {
      once.set(n, (once.get(n) ?? 0) + 1);
      if (delayMs > 0) await sleep(delayMs);
      return say(n);
    });
    return server;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? transports.get(id) : undefined;
    if (known && request.method === "POST") lastUsed = String(id);
    if (known) return known.handleRequest(request, response);
    if (id !== undefined) return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      eventStore: createEventStore(2000),
      retryInterval: 20,
      onsessioninitialized: (session) => void transports.set(session, transport),
      onsessionclosed: (session) => void transports.delete(session),
    });
    await createMcpServer().connect(transport);
    await transport.handleRequest(request, response);
  }

  const http = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  http.keepAliveTimeout = 120_000;
  return {
    url: `http://127.0.0.1:${await listen(http)}/mcp`,
    once,
    leftOpen: () => transports.has(lastUsed),
    stop() {
      http.closeAllConnections();
      http.close();
    },
  };
}
