import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen } from "../support/net/listen.ts";
import { INITIALIZE, openDirect } from "./caller.ts";
import { type Peer, startPeer } from "./stdio-peer.ts";

export const root = join(import.meta.dir, "..", "..");
export const binary = join(root, "build", "m2mcp");

/** A running server, a home for what is started beside it, and how each bridge to it is started. */
export interface Subjects {
  url: string;
  env: Record<string, string>;
  commands: Record<"m2mcp" | "mcp-remote" | "mcp-remote by npx" | "bare relay", readonly string[]>;
  /** Stops the server and removes the home. */
  end(): void;
}

/** The bench's own server. The binary is logged in to it as `@bench`: token cached, store encrypted, as in use. */
export async function startBareServer(relay: string): Promise<Subjects> {
  const server = spawn(process.execPath, [join(import.meta.dir, "server.ts")]);
  const port = await new Promise<string>((resolve) =>
    server.stdout.once("data", (data) => resolve(String(data).trim())),
  );
  const subjects = subjectsAt(Number(port), "@bench", relay, () => server.kill());
  const login = ["@bench", "--client-id", "bench", "--token-endpoint", `http://127.0.0.1:${port}/token`];
  const { status, stderr } = spawnSync(binary, ["login", subjects.url, ...login], {
    env: { ...subjects.env, M2MCP_CLIENT_SECRET: "s" },
  });
  if (status !== 0) throw new Error(String(stderr));
  return subjects;
}

/** The official reference server under Node, as most servers are: its own work is what takes the time. */
export async function startReferenceServer(relay: string): Promise<Subjects> {
  const probe = createServer();
  const port = await listen(probe);
  await new Promise((resolve) => probe.close(resolve));
  const file = join(root, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
  const server = spawn("node", [file, "streamableHttp"], {
    env: { PATH: process.env.PATH ?? "", PORT: String(port) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  await new Promise<void>((resolve) =>
    server.stderr.on("data", (said) => {
      if (String(said).includes(String(port))) resolve();
    }),
  );
  const url = `http://127.0.0.1:${port}/mcp`;
  return subjectsAt(port, url, relay, () => server.kill());
}

/**
 * @param target what the binary is given: a profile or the server's address
 * @param relay the bare relay's executable
 */
function subjectsAt(port: number, target: string, relay: string, stop: () => void): Subjects {
  const url = `http://127.0.0.1:${port}/mcp`;
  const home = mkdtempSync(join(tmpdir(), "m2mcp-bench-"));
  const remote = ["--header", "Authorization: Bearer static", "--transport", "http-only", "--allow-http"];
  return {
    url,
    env: { HOME: home, M2MCP_HOME: join(home, "store"), PATH: process.env.PATH ?? "" },
    commands: {
      m2mcp: [binary, "bridge", target],
      "mcp-remote": ["node", join(root, "node_modules", "mcp-remote", "dist", "proxy.js"), url, ...remote],
      "mcp-remote by npx": ["npx", "mcp-remote", url, ...remote],
      "bare relay": [relay, url],
    },
    end() {
      stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

export type Command = keyof Subjects["commands"];

/** Starts a bridge and does the handshake. */
export async function open(
  subjects: Subjects,
  command: Command,
  heard?: Parameters<typeof startPeer>[2],
): Promise<Peer> {
  const peer = startPeer(subjects.commands[command], subjects.env, heard);
  await peer.call("initialize", INITIALIZE);
  peer.notify("notifications/initialized");
  return peer;
}

/** The bridges and direct HTTP, all connected. */
export async function openAll(subjects: Subjects) {
  return {
    m2mcp: await open(subjects, "m2mcp"),
    "mcp-remote": await open(subjects, "mcp-remote"),
    "bare relay": await open(subjects, "bare relay"),
    direct: await openDirect(subjects.url),
  };
}
