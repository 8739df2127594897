// A legacy server that does the handshake rightly and leaves everything else, right or wrong, to the test.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import { listen } from "../net/listen.ts";

export interface Asked {
  http: string;
  method: string;
  id?: unknown;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  params?: any;
  session?: string;
  lastEventId?: string;
}

export interface ScriptedServer {
  url: string;
  port: number;
  /** All that was asked, in order. */
  seen: Asked[];
  /** How often a method was asked for. */
  count(method: string): number;
  stop(): void;
}

export type Script = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void;

const HANDSHAKE = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: { listChanged: true } },
  serverInfo: { name: "scripted", version: "1" },
};

/** @param before sees each request first; true: it has dealt with it, handshake or not */
export async function serveScript(
  script: Script,
  { before, port }: { before?: (...asked: Parameters<Script>) => boolean | undefined; port?: number } = {},
): Promise<ScriptedServer> {
  const seen: Asked[] = [];
  let sessions = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8");
      const { id, method = "", params } = body === "" ? {} : JSON.parse(body);
      const header = (name: string) => request.headers[name] as string | undefined;
      const lastEventId = header("last-event-id");
      const session = header("mcp-session-id");
      const asked: Asked = {
        http: request.method ?? "",
        method,
        id,
        params,
        ...(session === undefined ? {} : { session }),
        ...(lastEventId === undefined ? {} : { lastEventId }),
      };
      seen.push(asked);
      if (before?.(asked, response, request)) return;
      if (method === "initialize") {
        response.writeHead(200, { "content-type": "application/json", "mcp-session-id": `s${++sessions}` });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, result: HANDSHAKE }));
      } else if (asked.http === "DELETE") response.writeHead(200).end();
      else if (asked.http === "POST" && id === undefined) response.writeHead(202).end();
      else script(asked, response, request);
    });
  });
  server.keepAliveTimeout = 60_000;
  const listening = await listen(server, port);
  return {
    url: `http://127.0.0.1:${listening}/mcp`,
    port: listening,
    seen,
    count: (method) => seen.filter((asked) => asked.method === method).length,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const result = (id: unknown, text = "ok") => JSON.stringify({ jsonrpc: "2.0", id, result: { text } });

/** Answers with JSON. */
export const json = (response: ServerResponse, body: string, status = 200) =>
  void response.writeHead(status, { "content-type": "application/json" }).end(body);

/** Starts an event stream. */
export const stream = (response: ServerResponse) =>
  response.writeHead(200, { "content-type": "text/event-stream" });

/** A TCP server that speaks no HTTP of its own. */
export async function serveTcp(
  take: (socket: Socket) => void,
): Promise<{ url: string; port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    take(socket);
  });
  const port = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)),
  );
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
