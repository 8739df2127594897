// A reverse proxy that does to the traffic of a real MCP server what networks and servers do at their worst.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Random } from "../random.ts";
import { sleep } from "../waiting.ts";
import { listen } from "./listen.ts";

const FAULTS = [
  /** The connection is reset before the request was read: the server never sees it. */
  "reset unread",
  /** Reset after the server has acted, before its answer. */
  "reset read",
  /** Reset in the middle of the answer. */
  "reset in the answer",
  /** The answer's end is missing, though the response ends as it should. */
  "truncated",
  "delayed",
  "500",
  "502 from a gateway",
  "429 with a time",
  "503 with a time",
  "a sign-in page",
  "session lost",
  "answered twice",
  "answer to nobody",
  "in pieces",
] as const;
type Fault = (typeof FAULTS)[number];

export interface FaultProxy {
  url: string;
  /** How often each fault was done. */
  done: Map<Fault, number>;
  /** Whether faults are done; not at the start. */
  faulty: boolean;
  /** Connections that are open to it. */
  connections(): Promise<number>;
  stop(): void;
}

/**
 * @param upstream the real server's address
 * @param share how many of the POST requests meet a fault, from 0 to 1
 */
export async function startFaultProxy(upstream: string, random: Random, share: number): Promise<FaultProxy> {
  const done = new Map<Fault, number>();
  const lost = new Set<string>();
  const proxy: FaultProxy = {
    url: "",
    done,
    faulty: false,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };

  const chosen = (): Fault | undefined => {
    if (!proxy.faulty || random.next() >= share) return undefined;
    const fault = FAULTS[random.below(FAULTS.length)];
    // A session that is lost takes the calls of all with it: not as often as the rest.
    if (fault === "session lost" && random.below(20) !== 0) return "delayed";
    return fault;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = request.headers["mcp-session-id"];
    const fault = request.method === "POST" ? chosen() : undefined;
    if (fault) done.set(fault, (done.get(fault) ?? 0) + 1);
    if (fault === "reset unread") return void request.socket.destroy();
    const body = await readBody(request);
    if (fault === "session lost" && typeof session === "string" && !lost.has(session)) {
      lost.add(session);
      await fetch(upstream, { method: "DELETE", headers: forwarded(request) }).then((gone) => gone.text());
    }
    if (typeof session === "string" && lost.has(session))
      return void response
        .writeHead(404, { "content-type": "application/json" })
        .end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}');
    if (fault === "delayed") await sleep(random.below(50));
    if (fault === "500") return void response.writeHead(500).end("broken");
    if (fault === "502 from a gateway")
      return void response.writeHead(502, { "content-type": "text/html" }).end("<html>bad gateway");
    if (fault === "429 with a time") return void response.writeHead(429, { "retry-after": "0" }).end();
    if (fault === "503 with a time") return void response.writeHead(503, { "retry-after": "0" }).end();
    if (fault === "a sign-in page")
      return void response.writeHead(200, { "content-type": "text/html" }).end("<html>sign in");

    const abort = new AbortController();
    response.on("close", () => abort.abort());
    const found = await fetch(upstream, {
      method: request.method ?? "GET",
      headers: forwarded(request),
      signal: abort.signal,
      ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
    });
    const headers = Object.fromEntries(
      [...found.headers].filter(
        ([name]) => !["connection", "transfer-encoding", "content-length"].includes(name),
      ),
    );
    if (request.method === "GET") {
      response.writeHead(found.status, headers).flushHeaders();
      // The long-lived stream breaks now and then.
      if (proxy.faulty) setTimeout(() => request.socket.destroy(), 200 + random.below(2000));
      for await (const chunk of found.body ?? []) response.write(chunk);
      return void response.end();
    }
    const text = Buffer.from(await found.arrayBuffer());
    if (fault === "reset read") return void request.socket.destroy();
    response.writeHead(found.status, headers);
    if (fault === "reset in the answer" || fault === "truncated") {
      response.write(text.subarray(0, random.below(text.length)));
      if (fault === "truncated") return void response.end();
      await sleep(1 + random.below(5));
      return void request.socket.destroy();
    }
    const events = headers["content-type"]?.startsWith("text/event-stream") === true;
    if (fault === "answer to nobody" && events)
      response.write('data: {"jsonrpc":"2.0","id":"nobody","result":{}}\n\n');
    if (fault === "answered twice" && events) response.write(text);
    if (fault === "in pieces")
      for (let at = 0, size = 0; at < text.length; at += size) {
        size = 1 + random.below(40);
        response.write(text.subarray(at, at + size));
        await sleep(0);
      }
    else response.write(text);
    response.end();
  }

  const server = createServer((request, response) => {
    request.on("error", () => {});
    response.on("error", () => {});
    answer(request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 120_000;
  proxy.url = `http://127.0.0.1:${await listen(server)}/mcp`;
  return proxy;
}

function forwarded(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers))
    if (typeof value === "string" && !["host", "connection", "content-length"].includes(name))
      headers.set(name, value);
  return headers;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}
