// What a client writes into the bridge, and what it reads there.
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "pipe", version: "1" } },
};
export const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" };

export const call = (id: unknown, name = "x") => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name },
});

const META = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "pipe", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};
/** A message as a modern client sends it. */
export const modern = (message: object) => {
  const { params, ...rest } = message as { params?: object };
  return { ...rest, params: { ...params, _meta: META } };
};

/** Messages as lines; strings stand as they are. */
export const lines = (...messages: unknown[]) =>
  messages.map((message) => `${typeof message === "string" ? message : JSON.stringify(message)}\n`).join("");

/** The messages in what the bridge wrote; throws when a line is none. */
export const answers = (stdout: string) =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** All answers to an id. */
export const answersTo = (stdout: string, id: unknown) =>
  answers(stdout).filter((message) => message.id === id && message.method === undefined);

export interface Conversation {
  /** What was read so far, one message a line. */
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  heard: any[];
  say(...messages: unknown[]): void;
  /** The next messages that suit; fails after a time. */
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  hear(suits: (message: any) => boolean, limitMs?: number): Promise<any>;
}

/** Talks with a bridge that goes on running. */
export function converse(child: ChildProcessWithoutNullStreams): Conversation {
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  const heard: any[] = [];
  const waiting = new Set<() => void>();
  let rest = "";
  child.stdin.on("error", () => {});
  child.stderr.resume();
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    heard.push(...parts.filter((line) => line !== "").map((line) => JSON.parse(line)));
    for (const look of waiting) look();
  });
  return {
    heard,
    say: (...messages) => void child.stdin.write(lines(...messages)),
    hear: (suits, limitMs = 20_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`not heard within ${limitMs} ms; heard ${JSON.stringify(heard).slice(0, 2000)}`));
        }, limitMs);
        const look = () => {
          const found = heard.find(suits);
          if (found === undefined) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Resident memory of a process, in MB (Linux). */
export const memoryMb = (pid: number | undefined) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** The most memory that a process has had, in MB (Linux). */
export const peakMb = (pid: number | undefined) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** Open descriptors of a process (Linux). */
export const descriptors = (pid: number | undefined) => readdirSync(`/proc/${pid}/fd`).length;
