// An HTTP server with nothing of its own: each message goes to a bridge's stdin as it came, and what the bridge
// writes goes back as it was written. What HTTP has and stdio has not is made here: session ids, the choice of the
// stream, statuses, header checks. Through it the conformance suite, which speaks HTTP, tests the bridge.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { localhostHostValidation, localhostOriginValidation } from "@modelcontextprotocol/node";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import { BINARY, createHome } from "../support/home.ts";
import { close, listen } from "../support/net/listen.ts";
import { startServe } from "../support/serve.ts";

const META = "io.modelcontextprotocol/";

export interface Front {
  url: string;
  /** What the bridges said on stderr. */
  told(): string;
  stop(): Promise<void>;
}

type Id = string | number;
interface Wire {
  jsonrpc: "2.0";
  id?: Id | null;
  method?: string;
  params?: { _meta?: Record<string, unknown>; [key: string]: unknown };
  result?: { _meta?: Record<string, unknown>; [key: string]: unknown };
  error?: { code: number };
}

/** Starts bridges in a home of their own. */
function createBridges(serverUrl: string) {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-front-"));
  const running = new Set<ChildProcessWithoutNullStreams>();
  let told = "";
  return {
    told: () => told,
    start(onLine: (message: Wire) => void) {
      const child = spawn(BINARY, ["bridge", serverUrl], {
        env: { HOME: folder, PATH: process.env.PATH ?? "", M2MCP_HOME: join(folder, "store") },
      });
      running.add(child);
      child.on("close", () => running.delete(child));
      child.stdin.on("error", () => {});
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        told += text;
      });
      createInterface({ input: child.stdout }).on("line", (line) => onLine(JSON.parse(line)));
      return {
        write: (message: unknown) => void child.stdin.write(`${JSON.stringify(message)}\n`),
        end: () => void child.stdin.end(),
      };
    },
    async stop() {
      await Promise.all(
        [...running].map((child) => {
          child.stdin.end();
          const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
          return new Promise<void>((resolve) =>
            child.on("close", () => {
              clearTimeout(timer);
              resolve();
            }),
          );
        }),
      );
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `m2mcp serve`, which speaks HTTP by itself: nothing of the suite's stands between. */
export async function startServeFront(serverUrl: string): Promise<Front> {
  const home = createHome();
  const { url, stderr, stop } = await startServe(home, [serverUrl]);
  return {
    url,
    // That a key is of one process alone, and where it listens, is no trouble.
    told: () => stderr().replace(/^(serving .*|no secret is shared .*)\n/gm, ""),
    async stop() {
      await stop();
      await home.remove();
    },
  };
}

/** For clients of 2025-11-25: a bridge for each session, behind the official SDK's transport. */
export async function startLegacyFront(serverUrl: string): Promise<Front> {
  const bridges = createBridges(serverUrl);
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const http = createServer();
  const port = await listen(http);

  async function openSession(): Promise<StreamableHTTPServerTransport> {
    const inFlight = new Map<Id, unknown>();
    /** The request whose stream carries what is no answer: progress says so itself, else the only one there is. */
    const relatedTo = ({ method, params }: Wire): Id | undefined => {
      if (method === "notifications/progress")
        for (const [id, token] of inFlight) if (token === params?.progressToken) return id;
      return inFlight.size === 1 ? [...inFlight.keys()][0] : undefined;
    };
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void transports.set(session, transport),
      onsessionclosed: (session) => {
        transports.delete(session);
        bridge.end();
      },
      enableDnsRebindingProtection: true,
      allowedHosts: [`127.0.0.1:${port}`, `localhost:${port}`],
    });
    const bridge = bridges.start((message) => {
      const answers = message.method === undefined && message.id != null;
      const related = answers ? undefined : relatedTo(message);
      if (answers) inFlight.delete(message.id as Id);
      const options = related === undefined ? {} : { relatedRequestId: related };
      transport.send(message as JSONRPCMessage, options).catch(() => {});
    });
    transport.onmessage = (message) => {
      if ("method" in message && "id" in message)
        inFlight.set(message.id, message.params?._meta?.progressToken);
      bridge.write(message);
    };
    await transport.start();
    return transport;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? transports.get(id) : undefined;
    if (typeof id === "string" && !known) {
      response.writeHead(404).end();
      return;
    }
    await (known ?? (await openSession())).handleRequest(request, response);
  }

  http.on("request", (request, response) => void answer(request, response).catch(() => response.destroy()));
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    told: bridges.told,
    async stop() {
      await close(http);
      await bridges.stop();
    },
  };
}

/**
 * For clients of 2026-07-28: there are no sessions, so there is a bridge for each client, told by who it says it is
 * and what it can; ids are made unique on its stdio.
 */
export async function startModernFront(serverUrl: string): Promise<Front> {
  interface Exchange {
    id: Id;
    token: unknown;
    response: ServerResponse;
  }
  const bridges = createBridges(serverUrl);
  const byClient = new Map<string, ReturnType<typeof bridges.start>>();
  const inFlight = new Map<Id, Exchange>();
  let serial = 0;

  const exchangeOf = ({ method, params }: Wire): Exchange | undefined => {
    const subscription = params?._meta?.[`${META}subscriptionId`];
    if (subscription !== undefined) return inFlight.get(subscription as Id);
    if (method === "notifications/progress")
      for (const exchange of inFlight.values()) if (exchange.token === params?.progressToken) return exchange;
    return inFlight.size === 1 ? [...inFlight.values()][0] : undefined;
  };

  const bridgeOf = ({ params }: Wire) => {
    const meta = params?._meta ?? {};
    const key = JSON.stringify([meta[`${META}clientInfo`], meta[`${META}clientCapabilities`]]);
    const bridge = byClient.get(key) ?? bridges.start(answer);
    byClient.set(key, bridge);
    return bridge;
  };

  function answer(message: Wire): void {
    if (message.method !== undefined) {
      const exchange = exchangeOf(message);
      if (!exchange) return;
      openStream(exchange.response);
      exchange.response.write(sseEvent(withSubscription(message, exchange.id)));
      return;
    }
    const exchange = message.id == null ? undefined : inFlight.get(message.id);
    if (!exchange) return;
    inFlight.delete(message.id as Id);
    const { response } = exchange;
    const restored = withSubscription({ ...message, id: exchange.id }, exchange.id);
    if (response.headersSent) response.end(sseEvent(restored));
    else {
      response.writeHead(statusOf(restored), { "content-type": "application/json" });
      response.end(JSON.stringify(restored));
    }
  }

  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  const http = createServer((request, response) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    const unreadable = () => void response.writeHead(400).end();
    readJson(request).then((message) => {
      const bridge = bridgeOf(message);
      const refusal = mismatch(request, message);
      if (refusal !== undefined) {
        response.writeHead(400, { "content-type": "application/json" });
        const error = { code: -32020, message: refusal };
        response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id ?? null, error }));
        return;
      }
      if (message.id == null) {
        response.writeHead(202).end();
        bridge.write(message);
        return;
      }
      const wireId = `front-${++serial}`;
      const token = message.params?._meta?.progressToken;
      inFlight.set(wireId, { id: message.id, token, response });
      // A closed stream cancels its request; on stdio a notification says so.
      response.on("close", () => {
        if (!inFlight.delete(wireId)) return;
        bridge.write({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: wireId } });
      });
      bridge.write({ ...message, id: wireId });
    }, unreadable);
  });
  const port = await listen(http);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    told: bridges.told,
    async stop() {
      await close(http);
      await bridges.stop();
    },
  };
}

function openStream(response: ServerResponse): void {
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
}

const sseEvent = (message: unknown) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

/** A subscription is known by the id of its request, which is another one on stdio. */
function withSubscription(message: Wire, id: Id): Wire {
  const part = message.method === undefined ? "result" : "params";
  const meta = message[part]?._meta;
  if (meta?.[`${META}subscriptionId`] === undefined) return message;
  return { ...message, [part]: { ...message[part], _meta: { ...meta, [`${META}subscriptionId`]: id } } };
}

/** The status that goes with an answer (MCP 2026-07-28 Streamable HTTP, Schema "Error Codes"). */
function statusOf({ error }: Wire): number {
  if (error === undefined) return 200;
  if (error.code === -32601) return 404;
  return [-32020, -32021, -32022, -32602, -32600].includes(error.code) ? 400 : 200;
}

/** What is wrong with the headers that mirror the body (MCP 2026-07-28 "Standard Request Headers"). */
function mismatch({ headers }: IncomingMessage, { method, params }: Wire): string | undefined {
  const version = params?._meta?.[`${META}protocolVersion`];
  if (version !== undefined && headers["mcp-protocol-version"] !== version) return "MCP-Protocol-Version";
  if (headers["mcp-method"] !== method) return "Mcp-Method";
  const name =
    method === "tools/call" || method === "prompts/get"
      ? params?.name
      : method === "resources/read"
        ? params?.uri
        : undefined;
  if (name !== undefined && headers["mcp-name"] !== name) return "Mcp-Name";
  return undefined;
}

async function readJson(request: IncomingMessage): Promise<Wire> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}
