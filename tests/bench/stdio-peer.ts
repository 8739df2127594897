import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Caller } from "./caller.ts";

/** A subject that keeps an answer back for so long ends the bench, in ms. */
const LIMIT_MS = 60_000;

/** A bridge under the bench, spoken to over stdio. */
export interface Peer extends Caller {
  notify(method: string): void;
  pid: number;
  end(): Promise<void>;
}

/** @param heard told each notification's params, at the moment its line is there */
export function startPeer(
  command: readonly string[],
  env: Record<string, string>,
  heard: (params: { sentMs?: number }) => void = () => {},
): Peer {
  const [program = "", ...args] = command;
  const child: ChildProcessWithoutNullStreams = spawn(program, args, { env });
  child.stderr.resume();
  const waiting = new Map<number, () => void>();
  let rest: Buffer[] = [];
  let serial = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      rest.push(chunk.subarray(start, end));
      const { id, method, params } = JSON.parse(Buffer.concat(rest).toString("utf8"));
      rest = [];
      if (method) heard(params ?? {});
      waiting.get(id)?.();
      waiting.delete(id);
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  return {
    pid: child.pid ?? 0,
    call: (method, params) => {
      const id = ++serial;
      const answered = new Promise<void>((resolve, reject) => {
        const late = () =>
          reject(new Error(`${program} has not answered ${method} for ${LIMIT_MS / 1000} s`));
        const timer = setTimeout(late, LIMIT_MS);
        waiting.set(id, () => {
          clearTimeout(timer);
          resolve();
        });
      });
      send({ id, method, params });
      return answered;
    },
    notify: (method) => void send({ method }),
    async end() {
      const closed = new Promise((resolve) => child.on("close", resolve));
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 3000);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Starts a program that stays until its input ends; resolves once it has said something. */
export async function startStaying([program = "", ...args]: readonly string[], env: Record<string, string>) {
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "ignore"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return {
    pid: child.pid ?? 0,
    async end() {
      const closed = new Promise((resolve) => child.on("close", resolve));
      child.stdin.end();
      await closed;
    },
  };
}

/** How long a program takes from its start to the first line of its output, in ms. */
export async function startToLine(
  [program = "", ...args]: readonly string[],
  env: Record<string, string>,
  input: string,
): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "ignore"] });
  child.stdin.write(input);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const tookMs = performance.now() - startedMs;
  const closed = new Promise((resolve) => child.on("close", resolve));
  child.stdin.end();
  await closed;
  return tookMs;
}
