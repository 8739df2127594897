// How close to the limit of the runtime m2mcp is: its figures as multiples of the floors', measured in turns.
import { spawnSync } from "node:child_process";
import { sleep } from "../support/waiting.ts";
import { type Caller, callsPerSecond, echo, fetchBytes, INITIALIZE } from "./caller.ts";
import { inTurns, median, timed } from "./figures.ts";
import type { Floors } from "./floors.ts";
import { memoryMb, wakeUps } from "./process-tree.ts";
import { type Peer, startPeer, startStaying, startToLine } from "./stdio-peer.ts";
import { binary, type Subjects } from "./subjects.ts";

const LONG = 5 * 1024 * 1024;

/** One goal, and what was found: `ours` over `floor`, or `ours` less `floor`. */
export interface Goal {
  what: string;
  goal: string;
  now: string;
  met: boolean;
}

export interface Effort {
  starts: number;
  calls: number;
  rounds: number;
  restMs: number;
  /** From then on the runtime looks at its heap twice a minute, no longer once a second. */
  settleMs: number;
}

/** Measures every goal. @param effort how often and how long */
export async function measureGoals(subjects: Subjects, floors: Floors, effort: Effort): Promise<Goal[]> {
  return [
    ...(await startGoals(subjects, floors, effort)),
    ...(await loadGoals(subjects, floors, effort)),
    ...(await restGoals(subjects, floors, effort)),
  ];
}

/** @param duties what a program takes that has the same duties and nothing else */
const atMost = (
  what: string,
  floor: string,
  most: number,
  ours: number,
  least: number,
  duties?: number,
): Goal => ({
  what,
  goal: `≤ ${most} × ${floor}`,
  now: `${(ours / least).toFixed(2)} ×${duties === undefined ? "" : `, its duties alone ${(duties / least).toFixed(2)} ×`}`,
  met: ours / least <= most,
});

/** Whole processes, from spawn to their end or to their first line. */
async function startGoals(subjects: Subjects, { paths }: Floors, { starts }: Effort): Promise<Goal[]> {
  const run = async (command: readonly string[]) => {
    const [program = "", ...args] = command;
    const options = {
      env: subjects.env,
      stdio: ["ignore", "ignore", "ignore"] as ["ignore", "ignore", "ignore"],
    };
    const startedMs = performance.now();
    const { status } = spawnSync(program, args, options);
    const tookMs = performance.now() - startedMs;
    if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}`);
    return tookMs;
  };
  const whole = await inTurns(
    starts,
    {
      hello: [paths.hello],
      fetch: [paths.fetch, subjects.url],
      store: [paths.store, subjects.url, subjects.env.M2MCP_HOME ?? ""],
      version: [binary, "--version"],
      help: [binary, "--help"],
      tools: [binary, "@bench", "tools-list"],
    },
    run,
  );
  const opening = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: INITIALIZE })}\n`;
  const line = await inTurns(
    starts,
    {
      fetch: { command: [paths.fetch, subjects.url], input: "" },
      bridge: { command: [binary, "bridge", "@bench"], input: opening },
    },
    ({ command, input }) => startToLine(command, subjects.env, input),
  );
  const of = <Name extends string>(values: Record<Name, number[]>, name: Name) =>
    median(values[name].slice(1));
  return [
    atMost("`--version`", "bare executable", 1.7, of(whole, "version"), of(whole, "hello")),
    atMost("`--help`", "bare executable", 1.7, of(whole, "help"), of(whole, "hello")),
    atMost(
      "warm one-off `tools-list`",
      "bare fetch",
      2.2,
      of(whole, "tools"),
      of(whole, "fetch"),
      of(whole, "store"),
    ),
    atMost("spawn → `initialize` answered", "bare fetch", 2.5, of(line, "bridge"), of(line, "fetch")),
  ];
}

async function connected(subjects: Subjects, floors: Floors): Promise<{ ours: Peer; relay: Peer }> {
  const open = async (command: readonly string[]) => {
    const peer = startPeer(command, subjects.env);
    await peer.call("initialize", INITIALIZE);
    peer.notify("notifications/initialized");
    return peer;
  };
  return {
    ours: await open([binary, "bridge", "@bench"]),
    relay: await open([floors.paths.relay, subjects.url]),
  };
}

async function loadGoals(subjects: Subjects, floors: Floors, { calls, rounds }: Effort): Promise<Goal[]> {
  const peers = await connected(subjects, floors);
  // What is compiled only after some thousand calls is no part of what is measured.
  await inTurns(1, peers, (peer) => callsPerSecond(peer, 4 * calls));
  const flight = await inTurns(2 * rounds, peers, (peer) => callsPerSecond(peer, calls));
  const there = (peer: Caller) => timed(() => echo(peer, "y".repeat(LONG)));
  const back = (peer: Caller) => timed(() => fetchBytes(peer, LONG));
  const up = await inTurns(2 * rounds + 1, peers, there);
  const down = await inTurns(2 * rounds + 1, peers, back);
  await Promise.all([peers.ours.end(), peers.relay.end()]);
  const share = median(flight.ours) / median(flight.relay);
  const long = (name: "ours" | "relay") => median(up[name].slice(1)) + median(down[name].slice(1));
  return [
    {
      what: "calls a second, 64 in flight, do-nothing server",
      goal: "≥ 0.85 × bare relay",
      now: `${share.toFixed(2)} ×`,
      met: share >= 0.85,
    },
    atMost("5 MB argument and result", "bare relay", 1.25, long("ours"), long("relay")),
  ];
}

/** Processes that wait: the bridge with its stream open, the floors with their input open. */
async function restGoals(
  subjects: Subjects,
  { paths }: Floors,
  { restMs, settleMs }: Effort,
): Promise<Goal[]> {
  const bridge = startPeer([binary, "bridge", "@bench"], subjects.env);
  await bridge.call("initialize", INITIALIZE);
  bridge.notify("notifications/initialized");
  const bare = await startStaying([paths.hello, "stay"], subjects.env);
  const fetched = await startStaying([paths.fetch, subjects.url, "stay"], subjects.env);
  const store = subjects.env.M2MCP_HOME ?? "";
  const duties = await startStaying([paths.store, subjects.url, store, "stay"], subjects.env);
  await sleep(3000);
  const memory = {
    ours: memoryMb(bridge.pid),
    floor: memoryMb(fetched.pid),
    duties: memoryMb(duties.pid),
  };
  await sleep(settleMs);
  const pids = [bridge, duties, bare].map(({ pid }) => pid);
  const before = pids.map(wakeUps);
  await sleep(restMs);
  const [ours = 0, least = 0, floor = 0] = pids.map(
    (pid, at) => (wakeUps(pid) - (before[at] ?? 0)) / (restMs / 1000),
  );
  await Promise.all([bridge.end(), bare.end(), fetched.end(), duties.end()]);
  return [
    atMost("memory at rest (PSS)", "bare fetch", 1.3, memory.ours, memory.floor, memory.duties),
    {
      what: "wake-ups at rest",
      goal: "≤ bare executable + 0.2 a second",
      now: `${signed(ours - floor)}, its duties alone ${signed(least - floor)}`,
      met: ours - floor <= 0.2,
    },
  ];
}

const signed = (value: number): string => `${value < 0 ? "−" : "+"} ${Math.abs(value).toFixed(2)}`;

export const goalsTable = (goals: readonly Goal[]): string =>
  [
    "| close to the limit of the runtime | goal | now | |",
    "| --- | --- | --- | --- |",
    ...goals.map(({ what, goal, now, met }) => `| ${what} | ${goal} | ${now} | ${met ? "met" : "not met"} |`),
  ].join("\n");
