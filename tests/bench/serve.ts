// `m2mcp serve` beside nginx with a static header and mcp-proxy, in turns within one run, before the bench's own server:
// calls a second, what one adds to a call, memory of sessions at rest. `bun tests/bench/serve.ts [--quick]`; prints a table.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { freePort } from "../support/net/listen.ts";
import { hasNginx, startNginx } from "../support/net/nginx.ts";
import { sleep } from "../support/waiting.ts";
import { median } from "./figures.ts";
import { type Load, load } from "./http-load.ts";
import { memoryMb, processorMs } from "./process-tree.ts";
import { binary, root, startBareServer } from "./subjects.ts";

const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 2 : 5;
const CALLS = quick ? 4000 : 20_000;
const ALONE = quick ? 500 : 3000;
const CONNECTIONS = [64, 1000] as const;
const SESSIONS = [10, 100, 1000] as const;
const REST_MS = quick ? 2000 : 10_000;

interface Subject {
  name: string;
  url: string;
  pid: number;
  headers: string[];
  stop(): unknown;
}

const JSON_HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/** Opens a session; the headers that name it. */
async function open(url: string, more: Record<string, string> = {}): Promise<string[]> {
  const headers = { ...JSON_HEADERS, ...more };
  const initialize = {
    jsonrpc: "2.0",
    id: 0,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "bench", version: "1" } },
  };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(initialize) });
  await response.text();
  if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
  const session = {
    "mcp-session-id": response.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": "2025-11-25",
  };
  const initialized = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
  await (await fetch(url, { method: "POST", headers: { ...headers, ...session }, body: initialized })).text();
  return Object.entries({ ...session, ...more }).map(([name, value]) => `${name}: ${value}`);
}

/** Waits until somebody listens. */
async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(20);
  }
  throw new Error(`${url} does not answer`);
}

const { paths } = { paths: { relay: "" } };
const server = await startBareServer(paths.relay);
const stopped = (child: ChildProcess) => () => child.kill("SIGKILL");

async function startServe(): Promise<Subject> {
  const port = await freePort();
  const child = spawn(binary, ["serve", "@bench", "--listen", `127.0.0.1:${port}`], {
    env: server.env,
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  await answers(url);
  return { name: "m2mcp serve", url, pid: child.pid ?? 0, headers: await open(url), stop: stopped(child) };
}

async function startProxy(): Promise<Subject> {
  const port = await freePort();
  const file = join(root, "node_modules", "mcp-proxy", "dist", "bin", "mcp-proxy.mjs");
  const options = ["--port", String(port), "--host", "127.0.0.1", "--server", "stream", "--no-eventStore"];
  const stdio = [process.execPath, join(import.meta.dir, "stdio-server.ts")];
  const child = spawn("node", [file, ...options, "--", ...stdio], { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}/mcp`;
  await answers(url);
  return { name: "mcp-proxy", url, pid: child.pid ?? 0, headers: await open(url), stop: stopped(child) };
}

async function startStatic(): Promise<Subject> {
  const nginx = await startNginx([Number(new URL(server.url).port)], 'Authorization "Bearer static"');
  return { name: "nginx", url: nginx.url, pid: nginx.pid, headers: await open(nginx.url), stop: nginx.stop };
}

const direct: Subject = {
  name: "the server itself",
  url: server.url,
  pid: 0,
  headers: await open(server.url, { authorization: "Bearer static" }),
  stop: () => {},
};
const subjects = [direct, ...(hasNginx ? [await startStatic()] : []), await startServe(), await startProxy()];

/** Each subject in turn, so many times: machines are busier at one time than at another. */
async function inTurns(
  connections: number,
  calls: (subject: Subject) => number,
): Promise<Map<string, Load[]>> {
  const found = new Map<string, Load[]>(subjects.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++)
    for (const subject of subjects) {
      const one = await load(subject.url, subject.headers, connections, calls(subject));
      if (one.failed > 0) throw new Error(`${subject.name}: ${one.failed} calls failed`);
      if (round > 0) found.get(subject.name)?.push(one);
    }
  return found;
}

const callsOf = ({ name }: Subject) => (name === "mcp-proxy" ? CALLS / 4 : CALLS);
const rows: string[] = [];
for (const connections of CONNECTIONS)
  for (const [name, loads] of await inTurns(connections, callsOf)) {
    const of = (key: keyof Load) => median(loads.map((one) => one[key]));
    rows.push(
      `| calls a second, ${connections} connections | ${name} | ${of("perSecond").toFixed(0)} | p50 ${of("p50Ms").toFixed(2)} ms, p99 ${of("p99Ms").toFixed(2)} ms |`,
    );
  }
const alone = await inTurns(1, () => ALONE);
const base = (key: "p50Ms" | "p99Ms") => median((alone.get(direct.name) ?? []).map((one) => one[key]));
for (const [name, loads] of alone) {
  const added = (key: "p50Ms" | "p99Ms") => (median(loads.map((one) => one[key])) - base(key)).toFixed(2);
  rows.push(
    `| added to a call, one connection | ${name} | ${added("p50Ms")} ms | p99 ${added("p99Ms")} ms |`,
  );
}
for (const subject of subjects.slice(1)) await subject.stop();

for (const count of SESSIONS) {
  const { url, pid, stop } = await startServe();
  // Each with its stream, as clients have it.
  const over = new AbortController();
  for (let at = 0; at < count; at += 50)
    await Promise.all(
      Array.from({ length: Math.min(50, count - at) }, async () => {
        const session = Object.fromEntries(
          (await open(url)).map((line) => line.split(": ") as [string, string]),
        );
        void fetch(url, { headers: { ...session, accept: "text/event-stream" }, signal: over.signal }).catch(
          () => {},
        );
      }),
    );
  await sleep(1000);
  const before = processorMs(pid);
  await sleep(REST_MS);
  const percent = ((processorMs(pid) - before) / REST_MS) * 100;
  rows.push(
    `| memory, ${count} legacy sessions at rest, each with its stream | m2mcp serve | ${memoryMb(pid).toFixed(0)} MB | CPU ${percent.toFixed(1)} % |`,
  );
  over.abort();
  await stop();
}
server.end();
console.log(["| | | | |", "| --- | --- | --- | --- |", ...rows].join("\n"));
process.exit(0);
