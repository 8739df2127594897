// Runs the executable as its users do: as a child, in an empty home, with a clean environment.
import { afterEach, beforeEach } from "bun:test";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const ROOT = join(import.meta.dir, "..", "..");
export const BINARY = join(ROOT, "build", process.platform === "win32" ? "m2mcp.exe" : "m2mcp");
if (!existsSync(BINARY)) throw new Error("build/m2mcp is missing: bun run build");

export interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  /** Written to stdin, which is then closed; absent: stdin is empty. */
  input?: string;
  cwd?: string;
  /** The child is killed after this time, in ms. */
  limitMs?: number;
}

/** A home of its own for one test. */
export interface Home {
  folder: string;
  env: Record<string, string>;
  run(args: string[], options?: RunOptions): Promise<Outcome>;
  start(args: string[], options?: RunOptions): ChildProcessWithoutNullStreams;
  /** Stops this too when the home is removed. */
  owns<Server extends { stop(): unknown }>(server: Server): Server;
  /** Kills what still runs in it, and stops what it owns. */
  remove(): Promise<void>;
}

/** @param command how the program is started; the executable unless given */
export function createHome(command: string[] = [BINARY]): Home {
  const folder = mkdtempSync(join(tmpdir(), "m2mcp-test-"));
  const env = { HOME: folder, PATH: process.env.PATH ?? "", M2MCP_HOME: join(folder, "store") };
  const [program = BINARY, ...first] = command;
  const running = new Set<ChildProcessWithoutNullStreams>();
  const owned: { stop(): unknown }[] = [];
  const start = (args: string[], options: RunOptions = {}) => {
    const child = spawn(program, [...first, ...args], {
      cwd: options.cwd ?? folder,
      env: { ...env, ...options.env },
    });
    child.on("spawn", () => running.add(child)).on("exit", () => running.delete(child));
    return child;
  };
  return {
    folder,
    env,
    start,
    async run(args, options = {}) {
      const child = start(args, options);
      child.stdin.on("error", () => {});
      child.stdin.end(options.input ?? "");
      const timer = setTimeout(() => child.kill("SIGKILL"), options.limitMs ?? 30_000);
      const outcome = await collect(child);
      clearTimeout(timer);
      return outcome;
    },
    owns(server) {
      owned.push(server);
      return server;
    },
    async remove() {
      const gone = [...running].map((child) => new Promise((resolve) => child.once("exit", resolve)));
      for (const child of running) child.kill("SIGKILL");
      await Promise.all(gone);
      await Promise.all(owned.splice(0).map((server) => server.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A home that is made anew before each test of the file or `describe`, and removed after it. */
export function homeForEachTest(): Home {
  const home = {} as Home;
  beforeEach(() => void Object.assign(home, createHome()));
  afterEach(() => home.remove());
  return home;
}

/** A home for one test of those that run beside each other. */
export const inHome = (work: (home: Home) => Promise<void>) => async () => {
  const home = createHome();
  try {
    await work(home);
  } finally {
    await home.remove();
  }
};

/** What a child prints, until it ends. */
export function collect(child: ChildProcessWithoutNullStreams): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
}
