// Servers on loopback, each on a port that the system chooses.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server as NetServer,
  type Socket,
} from "node:net";

/** Starts a server; resolves with its port. */
export function listen(server: NetServer, port = 0, host = "127.0.0.1"): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** Ends a server and all its connections. */
export async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

export interface Serving {
  origin: string;
  port: number;
  /** Ends all connections; the server goes on. */
  cut(): void;
  stop(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => unknown;

/** Answers requests once their bodies are there. */
export async function serveHttp(answer: Answer, port = 0): Promise<Serving> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("error", () => {});
    response.on("error", () => {});
    request.on("data", (part: Buffer) => void parts.push(part));
    request.on("end", () => answer(request, response, Buffer.concat(parts).toString("utf8")));
  });
  // Longer than any test: a connection that ends between two requests is a fault that a test makes itself.
  server.keepAliveTimeout = 120_000;
  const listening = await listen(server, port);
  return {
    origin: `http://127.0.0.1:${listening}`,
    port: listening,
    cut: () => server.closeAllConnections(),
    stop: () => close(server),
  };
}

/** Answers with JSON that never ends, a blank at a time. */
export function drip(response: ServerResponse, everyMs: number): void {
  response.writeHead(200, { "content-type": "application/json" });
  const timer = setInterval(() => response.write(" "), everyMs);
  response.on("close", () => clearInterval(timer));
}

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
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The address of an endpoint where nobody listens: a server was there, and is gone. */
export async function deadUrl(): Promise<string> {
  const { origin, stop } = await serveHttp(() => {});
  await stop();
  return `${origin}/mcp`;
}

/**
 * A port that a server can take, leave and take again: below those that the system gives to others meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createTcpServer();
    const isFree = await listen(probe, port).then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    await new Promise((resolve) => probe.close(resolve));
    return port;
  }
}
