// m2mcp beside mcp-remote and direct HTTP, in turns within one run, on the same loopback server.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chart } from "./chart.ts";
import { type Peer, startPeer } from "./stdio-peer.ts";

const root = join(import.meta.dir, "..", "..");
const quick = process.argv.includes("--quick");
const STARTS = quick ? 3 : 9;
const CALLS = quick ? 100 : 500;
const FLIGHT = quick ? 500 : 3000;

process.chdir(root);
const server = spawn(process.execPath, [join(import.meta.dir, "server.ts")]);
const port = await new Promise<string>((resolve) =>
  server.stdout.once("data", (data) => resolve(String(data).trim())),
);
const url = `http://127.0.0.1:${port}/mcp`;
const home = mkdtempSync(join(tmpdir(), "m2mcp-bench-"));
const env = { HOME: home, M2MCP_HOME: join(home, "store"), PATH: process.env.PATH ?? "" };
const binary = join(root, "build", "m2mcp");
const commands = {
  m2mcp: [binary, "bridge", url, "--header", "Authorization: Bearer static"],
  "mcp-remote": [
    "node",
    join(root, "node_modules", "mcp-remote", "dist", "proxy.js"),
    url,
    "--header",
    "Authorization: Bearer static",
    "--transport",
    "http-only",
    "--allow-http",
  ],
} as const;
type Name = keyof typeof commands;
const names = Object.keys(commands) as Name[];

const median = (values: number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const quantile = (values: number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * q)] ?? Number.NaN;
const timed = async (work: () => Promise<unknown>) => {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
};

const INITIALIZE = {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "bench", version: "1" },
};
async function open(name: Name): Promise<Peer> {
  const peer = startPeer([...commands[name]], env);
  await peer.call("initialize", INITIALIZE);
  peer.notify("notifications/initialized");
  await peer.call("tools/list", {});
  return peer;
}
const direct = {
  serial: 0,
  async call(method: string, params: object) {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        authorization: "Bearer static",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: ++this.serial, method, params }),
    });
    JSON.parse(await response.text());
  },
};
type Caller = { call(method: string, params: object): Promise<void> };
const echo = (caller: Caller, text = "hello") =>
  caller.call("tools/call", { name: "echo", arguments: { text } });
async function inFlight(caller: Caller): Promise<number> {
  let left = FLIGHT;
  const worker = async () => {
    while (left-- > 0) await echo(caller);
  };
  return FLIGHT / ((await timed(() => Promise.all(Array.from({ length: 64 }, worker)))) / 1000);
}

// Spawn to the answer to initialize, in turns.
const starts: Record<Name, number[]> = { m2mcp: [], "mcp-remote": [] };
for (let round = 0; round <= STARTS; round++)
  for (const name of names) {
    const startedMs = performance.now();
    const peer = startPeer([...commands[name]], env);
    await peer.call("initialize", INITIALIZE);
    const tookMs = performance.now() - startedMs;
    await peer.end();
    if (round > 0) starts[name].push(tookMs);
  }

// Memory at rest: one at a time, since pages shared with another peer would count for less.
async function atRest(command: readonly string[]): Promise<number> {
  const peer = startPeer([...command], env);
  await peer.call("initialize", INITIALIZE);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const usedMb = peer.memoryMb();
  await peer.end();
  return usedMb;
}
const rest = { m2mcp: await atRest(commands.m2mcp), "mcp-remote": await atRest(commands["mcp-remote"]) };
// Hosts start mcp-remote with npx, which stays beside it: its whole tree counts.
const npxTree = await atRest(["npx", "mcp-remote", ...commands["mcp-remote"].slice(2)]);

const peers: Record<Name, Peer> = { m2mcp: await open("m2mcp"), "mcp-remote": await open("mcp-remote") };
// Latency: each call in turn by each of the three, so that a slow moment meets all.
const latency: Record<Name | "direct", number[]> = { m2mcp: [], "mcp-remote": [], direct: [] };
const callers: Record<Name | "direct", Caller> = { ...peers, direct };
for (let call = 0; call < CALLS + 50; call++)
  for (const [name, caller] of Object.entries(callers) as [Name | "direct", Caller][]) {
    const tookMs = await timed(() => echo(caller));
    if (call >= 50) latency[name].push(tookMs);
  }
const throughput: Record<Name | "direct", number[]> = { m2mcp: [], "mcp-remote": [], direct: [] };
for (let round = 0; round < 3; round++)
  for (const [name, caller] of Object.entries(callers) as [Name | "direct", Caller][])
    throughput[name].push(await inFlight(caller));
const large: Record<Name | "direct", number[]> = { m2mcp: [], "mcp-remote": [], direct: [] };
const argument = "y".repeat(5 * 1024 * 1024);
for (let round = 0; round < 5; round++)
  for (const [name, caller] of Object.entries(callers) as [Name | "direct", Caller][])
    large[name].push(
      await timed(async () => {
        await echo(caller, argument);
        await caller.call("tools/call", { name: "echo", arguments: { size: argument.length } });
      }),
    );
const peak = Object.fromEntries(names.map((name) => [name, peers[name].memoryMb()])) as Record<Name, number>;
for (const name of names) await peers[name].end();

// A warm one-off command beside the barest HTTP client there is.
const runOnce = (command: string[]) =>
  timed(
    () =>
      new Promise((resolve) =>
        spawn(command[0] ?? "", command.slice(1), { env, stdio: "ignore" }).on("close", resolve),
      ),
  );
const oneOff: number[] = [];
const bare: number[] = [];
const oneOffCommand = [
  binary,
  "tools-call",
  url,
  "echo",
  "text=hi",
  "--header",
  "Authorization: Bearer static",
];
const bareCommand = [
  "curl",
  "-s",
  "-H",
  "authorization: Bearer static",
  "-d",
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}',
  url,
];
await runOnce(oneOffCommand);
for (let round = 0; round < STARTS; round++) {
  oneOff.push(await runOnce(oneOffCommand));
  bare.push(await runOnce(bareCommand));
}
const count = async () => Number(await (await fetch(`http://127.0.0.1:${port}/count`)).text());
const before = await count();
await runOnce(oneOffCommand);
const warmRequests = (await count()) - before;
server.kill();
rmSync(home, { recursive: true, force: true });

const added = (name: Name, q: number) => quantile(latency[name], q) - quantile(latency.direct, q);
const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
const ratio = (a: number, b: number) => (a / b).toFixed(2);
const rows: [what: string, ours: string, peer: string, direct: string, ratio: string][] = [
  [
    "spawn to `initialize` answer, median",
    ms(median(starts.m2mcp)),
    ms(median(starts["mcp-remote"])),
    "",
    ratio(median(starts.m2mcp), median(starts["mcp-remote"])),
  ],
  [
    "memory of the process tree at rest (PSS), mcp-remote by `npx`",
    `${rest.m2mcp.toFixed(0)} MB`,
    `${npxTree.toFixed(0)} MB`,
    "",
    ratio(rest.m2mcp, npxTree),
  ],
  [
    "the same, mcp-remote's script under `node` alone",
    `${rest.m2mcp.toFixed(0)} MB`,
    `${rest["mcp-remote"].toFixed(0)} MB`,
    "",
    ratio(rest.m2mcp, rest["mcp-remote"]),
  ],
  [
    "memory of the process tree after load (PSS)",
    `${peak.m2mcp.toFixed(0)} MB`,
    `${peak["mcp-remote"].toFixed(0)} MB`,
    "",
    ratio(peak.m2mcp, peak["mcp-remote"]),
  ],
  [
    "added latency of a call, p50",
    ms(added("m2mcp", 0.5)),
    ms(added("mcp-remote", 0.5)),
    ms(quantile(latency.direct, 0.5)),
    ratio(added("m2mcp", 0.5), added("mcp-remote", 0.5)),
  ],
  [
    "latency of a call, p99",
    ms(quantile(latency.m2mcp, 0.99)),
    ms(quantile(latency["mcp-remote"], 0.99)),
    ms(quantile(latency.direct, 0.99)),
    ratio(quantile(latency.m2mcp, 0.99), quantile(latency["mcp-remote"], 0.99)),
  ],
  [
    "calls a second, 64 in flight",
    median(throughput.m2mcp).toFixed(0),
    median(throughput["mcp-remote"]).toFixed(0),
    median(throughput.direct).toFixed(0),
    ratio(median(throughput.m2mcp), median(throughput["mcp-remote"])),
  ],
  [
    "5 MB argument and 5 MB result",
    ms(median(large.m2mcp)),
    ms(median(large["mcp-remote"])),
    ms(median(large.direct)),
    ratio(median(large.m2mcp), median(large["mcp-remote"])),
  ],
];
const table = [
  "| what | m2mcp | mcp-remote | direct HTTP | m2mcp / mcp-remote |",
  "|---|---|---|---|---|",
  ...rows.map((row) => `| ${row.join(" | ")} |`),
  "",
  `A warm one-off \`tools-call\` takes ${ms(median(oneOff))} as a whole process and ${warmRequests} HTTP request; curl doing the same takes ${ms(median(bare))}.`,
].join("\n");
console.log(table);
writeFileSync(join(import.meta.dir, "results.md"), `${table}\n`);
writeFileSync(
  join(import.meta.dir, "results.svg"),
  chart(
    rows
      .map(([what, , , , share]) => ({ what, share: Number(share) }))
      .filter(({ what }) => !what.startsWith("calls a second")),
  ),
);
process.exit(0);
