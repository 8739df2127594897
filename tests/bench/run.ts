// m2mcp beside mcp-remote and direct HTTP, in turns within one run, on the same loopback servers. Prints and saves a
// table, a chart, and where the time goes; then how close it is to what the runtime allows. --quick takes fewer rounds.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../support/waiting.ts";
import { callsPerSecond, echo, fetchBytes, INITIALIZE } from "./caller.ts";
import { chart } from "./chart.ts";
import { inMb, inMs, inTurns, median, quantile, timed } from "./figures.ts";
import { buildFloors } from "./floors.ts";
import { goalsTable, measureGoals } from "./goals.ts";
import { memoryMb, processorMs, watchPeak } from "./process-tree.ts";
import { profile } from "./profile.ts";
import { countRequests } from "./requests.ts";
import { startPeer } from "./stdio-peer.ts";
import {
  binary,
  type Command,
  open,
  openAll,
  root,
  startBareServer,
  startReferenceServer,
} from "./subjects.ts";
import { markdown, type Row, row } from "./table.ts";

const quick = process.argv.includes("--quick");
const STARTS = quick ? 3 : 11;
const CALLS = quick ? 100 : 600;
const FLIGHT = quick ? 400 : 3000;
const ROUNDS = quick ? 2 : 5;
const EVENTS = quick ? 20 : 100;
const LONG = 5 * 1024 * 1024;
const BRIDGES = ["m2mcp", "mcp-remote"] as const;

process.chdir(root);
const rows: Row[] = [];
const floors = buildFloors();
const subjects = await startBareServer(floors.paths.relay);
const goals = await measureGoals(subjects, floors, {
  starts: quick ? 5 : 21,
  calls: FLIGHT,
  rounds: ROUNDS,
  restMs: quick ? 3000 : 60_000,
  settleMs: quick ? 0 : 35_000,
});
const commandsOf = <Name extends Command>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, name])) as Record<Name, Name>;

// Spawn to the answer to initialize.
const starts = await inTurns(STARTS + 1, commandsOf(BRIDGES), async (command) => {
  const startedMs = performance.now();
  const peer = startPeer(subjects.commands[command], subjects.env);
  await peer.call("initialize", INITIALIZE);
  const tookMs = performance.now() - startedMs;
  await peer.end();
  return tookMs;
});
rows.push(
  row("spawn to the answer to `initialize`", inMs, {
    ours: median(starts.m2mcp.slice(1)),
    peer: median(starts["mcp-remote"].slice(1)),
    atMost: 0.15,
  }),
);

// Memory of the process tree: one subject at a time, since pages shared with another would count for less.
async function memoryOf(command: Command) {
  const peer = await open(subjects, command);
  await sleep(1000);
  const rest = memoryMb(peer.pid);
  const peak = watchPeak(peer.pid);
  await callsPerSecond(peer, FLIGHT);
  for (let round = 0; round < ROUNDS; round++) {
    await echo(peer, "y".repeat(LONG));
    await fetchBytes(peer, LONG);
  }
  const peakMb = peak();
  await sleep(2500);
  const after = memoryMb(peer.pid);
  await peer.end();
  return { rest, peak: peakMb, after };
}
const memory = {
  m2mcp: await memoryOf("m2mcp"),
  "mcp-remote": await memoryOf("mcp-remote"),
  "mcp-remote by npx": await memoryOf("mcp-remote by npx"),
};

// Latency, throughput and long messages: each in turn by each, so that a slow moment meets all.
const callers = await openAll(subjects);
await inTurns(50, callers, (caller) => timed(() => echo(caller)));
const latency = await inTurns(CALLS, callers, (caller) => timed(() => echo(caller)));
const perCallMs: Partial<Record<string, number>> = {};
const flight = await inTurns(ROUNDS, callers, async (caller, name) => {
  const pid = "pid" in caller ? caller.pid : process.pid;
  const before = processorMs(pid);
  const perSecond = await callsPerSecond(caller, FLIGHT);
  perCallMs[name] = (processorMs(pid) - before) / FLIGHT;
  return perSecond;
});
const up = await inTurns(ROUNDS + 1, callers, (caller) => timed(() => echo(caller, "y".repeat(LONG))));
const down = await inTurns(ROUNDS + 1, callers, (caller) => timed(() => fetchBytes(caller, LONG)));
for (const caller of Object.values(callers)) if ("end" in caller) await caller.end();
const added = (name: "m2mcp" | "mcp-remote", part: number) =>
  quantile(latency[name], part) - quantile(latency.direct, part);
rows.push(
  row("added latency of a call, p50", inMs, {
    ours: added("m2mcp", 0.5),
    peer: added("mcp-remote", 0.5),
    atMost: 0.3,
  }),
  row("latency of a call, p50", inMs, {
    ours: quantile(latency.m2mcp, 0.5),
    peer: quantile(latency["mcp-remote"], 0.5),
    direct: quantile(latency.direct, 0.5),
  }),
  row("latency of a call, p99", inMs, {
    ours: quantile(latency.m2mcp, 0.99),
    peer: quantile(latency["mcp-remote"], 0.99),
    direct: quantile(latency.direct, 0.99),
  }),
);

// The same at a server as most are, whose own work is not next to nothing.
const common = await startReferenceServer(floors.paths.relay);
const commonCallers = await openAll(common);
await inTurns(1, commonCallers, (caller) => callsPerSecond(caller, FLIGHT / 10));
const commonFlight = await inTurns(ROUNDS, commonCallers, (caller) => callsPerSecond(caller, FLIGHT / 2));
for (const caller of Object.values(commonCallers)) if ("end" in caller) await caller.end();
common.end();
const perSecond = (value: number) => value.toFixed(0);
for (const [what, values] of [
  ["the official reference server", commonFlight],
  ["a server that does next to nothing", flight],
] as const)
  rows.push(
    row(`calls a second, 64 in flight, ${what}`, perSecond, {
      ours: median(values.m2mcp),
      peer: median(values["mcp-remote"]),
      direct: median(values.direct),
      bare: median(values["bare relay"]),
      ofDirectAtLeast: 0.9,
    }),
  );
const long = (name: keyof typeof up) => median(up[name].slice(1)) + median(down[name].slice(1));
rows.push(
  row("5 MB argument and 5 MB result", inMs, {
    ours: long("m2mcp"),
    peer: long("mcp-remote"),
    direct: long("direct"),
    bare: long("bare relay"),
    ofDirectAtMost: 1.5,
  }),
);

// From the server's event to the line on stdout.
async function eventDelays(command: Command): Promise<number[]> {
  const delays: number[] = [];
  const peer = await open(subjects, command, ({ sentMs }) => {
    if (sentMs) delays.push(performance.timeOrigin + performance.now() - sentMs);
  });
  const emit = async () => Number(await (await fetch(new URL("/event", subjects.url))).text());
  for (let tries = 0; tries < 100 && (await emit()) === 0; tries++) await sleep(20);
  delays.length = 0;
  for (let event = 0; event < EVENTS; event++) {
    await emit();
    await sleep(5);
  }
  await peer.end();
  return delays;
}
rows.push(
  row("from a server's event to the line on stdout, p50", inMs, {
    ours: median(await eventDelays("m2mcp")),
    peer: median(await eventDelays("mcp-remote")),
  }),
);

rows.push(
  row("memory of the process tree at rest (PSS)", inMb, {
    ours: memory.m2mcp.rest,
    peer: memory["mcp-remote by npx"].rest,
    below: 60,
  }),
  row("memory of the process tree, peak under load", inMb, {
    ours: memory.m2mcp.peak,
    peer: memory["mcp-remote by npx"].peak,
    atMost: 0.35,
  }),
  row("the same, mcp-remote's script under `node` without `npx`", inMb, {
    ours: memory.m2mcp.peak,
    peer: memory["mcp-remote"].peak,
  }),
  row("memory 2 s after the load", inMb, {
    ours: memory.m2mcp.after,
    peer: memory["mcp-remote by npx"].after,
  }),
);

// A warm one-off command beside the barest HTTP client there is.
const runOnce = (command: readonly string[]) =>
  timed(
    () =>
      new Promise((resolve) =>
        spawn(command[0] ?? "", command.slice(1), { env: subjects.env, stdio: "ignore" }).on(
          "close",
          resolve,
        ),
      ),
  );
const body =
  '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"message":"hi"}}}';
const oneOffs = {
  m2mcp: [binary, "@bench", "tools-call", "echo", "message=hi"],
  curl: ["curl", "-s", "-H", "authorization: Bearer static", "-d", body, subjects.url],
};
const oneOff = await inTurns(STARTS + 1, oneOffs, runOnce);
const count = async () => Number(await (await fetch(new URL("/count", subjects.url))).text());
const before = await count();
await runOnce(oneOffs.m2mcp);
const warmRequests = (await count()) - before;
rows.push(
  row("warm one-off `tools-call`, whole process; direct: `curl`", inMs, {
    ours: median(oneOff.m2mcp.slice(1)),
    direct: median(oneOff.curl.slice(1)),
    moreAtMost: 25,
  }),
);
const profiles = {
  many: await profile(subjects, (caller) => callsPerSecond(caller, FLIGHT * 2)),
  long: await profile(subjects, async (caller) => {
    for (let round = 0; round < ROUNDS * 2; round++) {
      await echo(caller, "y".repeat(LONG));
      await fetchBytes(caller, LONG);
    }
  }),
};
subjects.end();
floors.remove();

const requests = await countRequests();
const cpu = (name: string) => `${((perCallMs[name] ?? Number.NaN) * 1000).toFixed(0)} µs`;
const report = [
  goalsTable(goals),
  "",
  markdown(rows),
  "",
  "| HTTP requests: to the MCP server + for a token | first | warm |",
  "| --- | --- | --- |",
  ...requests.map(({ what, first, warm }) => `| ${what} | ${first} | ${warm} |`),
  "",
  `A warm one-off command makes ${warmRequests} HTTP request.`,
  "",
  "Where the time goes, for what stays behind its mark: the bare relay is the least that a bridge in this runtime can do (lines to HTTP, answers to lines, nothing checked). " +
    `At the server that does next to nothing a call takes ${cpu("direct")} of processor time in the direct client, ${cpu("bare relay")} in the bare relay and ${cpu("m2mcp")} in m2mcp (${cpu("mcp-remote")} in mcp-remote), beside the client and the server, which also want the machine's processors. ` +
    `Of the 5 MB each way, the way up takes ${inMs(median(up.m2mcp.slice(1)))} (bare relay ${inMs(median(up["bare relay"].slice(1)))}, direct ${inMs(median(up.direct.slice(1)))}), the way down ${inMs(median(down.m2mcp.slice(1)))} (bare relay ${inMs(median(down["bare relay"].slice(1)))}, direct ${inMs(median(down.direct.slice(1)))}).`,
  "",
  `Own time in the bridge by function, 64 calls in flight: ${profiles.many}. 5 MB each way: ${profiles.long}. ` +
    "`fetch`, `write`, `pull` and `read` are the runtime's sending, writing and reading.",
].join("\n");
console.log(report);
writeFileSync(join(import.meta.dir, "results.md"), `${report}\n`);
writeFileSync(join(import.meta.dir, "results.svg"), chart(rows));
process.exit(0);
