// Redis, as Debian has it: a server of its own for a test, and a stand-in for the network before it.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../waiting.ts";
import { freePort } from "./listen.ts";

const which = (program: string) =>
  spawnSync("sh", ["-c", `command -v ${program}`]).status === 0 ? program : undefined;

/** The server that is there: Redis, or Valkey where it alone is. */
export const REDIS = which("redis-server") ?? which("valkey-server");
export const CLI = which("redis-cli") ?? "valkey-cli";
if (REDIS === undefined)
  console.log(
    "SKIPPED: no redis-server here, so nothing of the shared token cache is tested against a real one",
  );

export interface Redis {
  url: string;
  port: number;
  socket: string;
  folder: string;
  /** Runs a command by redis-cli; its output without the line end. */
  cli(...args: string[]): string;
  /** Ends it with a signal; what it kept in its folder stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** @param settings of redis.conf, as arguments */
export async function startRedis(...settings: string[]): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-redis-"));
  const port = await freePort();
  const socket = join(folder, "socket");
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const cli = (...args: string[]) =>
    spawnSync(CLI, ["-s", socket, ...args], { encoding: "utf8" }).stdout.trimEnd();
  const kill = async (signal: NodeJS.Signals = "SIGKILL") => {
    child?.kill(signal);
    await ended;
  };
  const start = async () => {
    const fixed = ["--port", `${port}`, "--unixsocket", socket, "--dir", folder, "--bind", "127.0.0.1"];
    const usual = ["--save", "", "--appendonly", "no", "--loglevel", "warning"];
    const running = spawn(REDIS ?? "redis-server", [...fixed, ...usual, ...settings], { stdio: "ignore" });
    child = running;
    ended = new Promise((resolve) => running.once("close", resolve));
    const isUp = () => spawnSync(CLI, ["-s", socket, "PING"]).status === 0;
    await until(() => running.exitCode !== null || isUp());
    if (running.exitCode !== null) throw new Error("redis-server has ended");
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    socket,
    folder,
    cli,
    kill,
    start,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What stands between, and may drop all that comes, as a partition does: nobody is told. */
export interface Between {
  url: string;
  stalls: boolean;
  /** What came of clients so far, where it is not passed on. */
  heard(): number;
  stop(): Promise<void>;
}

export async function between(port: number): Promise<Between> {
  const sockets = new Set<Socket>();
  let heard = 0;
  const server = createServer((near) => {
    const far = dial(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => {}).on("close", () => to.destroy());
      from.on("data", (chunk) => {
        if (self.stalls) heard += chunk.length;
        else to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const self: Between = {
    url: `redis://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    stalls: false,
    heard: () => heard,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return self;
}

/** A server that answers whatever comes with the same bytes. */
export async function liar(answer: string): Promise<Between> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("data", () => socket.write(answer, "latin1"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `redis://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    stalls: false,
    heard: () => 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
