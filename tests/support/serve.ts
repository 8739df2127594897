// `m2mcp serve` that goes on running, and what stands before several of it.
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Home, RunOptions } from "./home.ts";
import { until } from "./waiting.ts";

export interface Served {
  /** Its endpoint. */
  url: string;
  pid: number;
  stderr(): string;
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>;
  /** Asks it to end; resolves with its exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts `m2mcp serve` with these arguments. It is killed with its home. */
export async function startServe(home: Home, args: string[], options?: RunOptions): Promise<Served> {
  const child = home.start(["serve", ...args], options);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let isOver = false;
  const ended = new Promise<number | null>((resolve) =>
    child.on("close", (code) => {
      isOver = true;
      resolve(code);
    }),
  );
  const found = () => / at (http:\S+|unix:\S+)/.exec(stderr)?.[1];
  await until(() => isOver || found() !== undefined, 20_000);
  const url = found();
  if (url === undefined) throw new Error(`serve has ended: ${stderr}`);
  return {
    url,
    pid: child.pid ?? 0,
    stderr: () => stderr,
    ended,
    stop() {
      child.kill("SIGTERM");
      return ended;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export interface Balancer {
  url: string;
  /** Where the requests go, one after the other. */
  targets: string[];
  stop(): Promise<void>;
}

/** Hands each request to the next of several servers, whatever session it is of. */
export async function startRoundRobin(targets: string[]): Promise<Balancer> {
  let next = 0;
  const server = createServer((incoming, response) => {
    const target = new URL(targets[next++ % targets.length] ?? "");
    const { host: _host, ...headers } = incoming.headers;
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        path: target.pathname,
        method: incoming.method,
        headers,
        agent: false,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        response.flushHeaders();
        answer.on("error", () => response.destroy());
        answer.pipe(response);
      },
    );
    outgoing.on("error", () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    targets,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
