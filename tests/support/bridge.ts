// A bridge that goes on running: a test writes messages to it, and waits for what it says.
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { startBridgeOverServe } from "./bridge-over-serve.ts";
import { createHearing } from "./hearing.ts";
import type { Home, RunOptions } from "./home.ts";
import { type Line, lines } from "./messages.ts";

export interface Bridge {
  child: ChildProcessWithoutNullStreams;
  /** What it wrote to stdout so far, a message or a batch a line. */
  heard: Line[];
  /** What it wrote to stderr so far. */
  stderr(): string;
  /** Writes messages; strings stand as they are. */
  say(...messages: unknown[]): void;
  /** The first message that suits, now or soon; fails after a time. */
  hear(suits: (line: Line) => boolean, limitMs?: number): Promise<Line>;
  /** The answer to a request. */
  answer(id: Line["id"], limitMs?: number): Promise<Line>;
  /** Its exit code and signal, once it has ended. */
  ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  /** Ends its input; resolves with the exit code. */
  end(): Promise<number | null>;
  /** Ends it without waiting for what is under way. */
  stop(): Promise<void>;
}

/** Starts `m2mcp bridge` with these arguments. It is killed with its home. */
export function startBridge(home: Home, args: string[], options?: RunOptions): Bridge {
  // The same tests over HTTP: see tests/faults/over-serve.test.ts.
  if (process.env.M2MCP_TEST_OVER === "serve") return startBridgeOverServe(home, args, options);
  const child = home.start(["bridge", ...args], options);
  const heard: Line[] = [];
  let rest = "";
  let stderr = "";
  child.stdin.on("error", () => {});
  const hearing = createHearing(heard, () => stderr);
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    heard.push(...parts.filter((line) => line !== "").map((line) => JSON.parse(line)));
    hearing.look();
  });
  const ended: Bridge["ended"] = new Promise((resolve) => child.on("close", (...how) => resolve(how)));
  return {
    child,
    heard,
    stderr: () => stderr,
    say: (...messages) => void child.stdin.write(lines(...messages)),
    hear: hearing.hear,
    answer: (id, limitMs) => hearing.hear((line) => line.id === id && line.method === undefined, limitMs),
    ended,
    async end() {
      child.stdin.end();
      return (await ended)[0];
    },
    async stop() {
      child.stdin.end();
      child.kill("SIGTERM");
      await ended;
    },
  };
}
