// The verbs for bridges on this machine: which run, and what they wrote down.
import { targetInName } from "../../activity/log-files.ts";
import { listRunning, type RunningBridge } from "../../activity/running.ts";
import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { stateFolders } from "../../platform/own-folders/state.ts";
import { table } from "../../ui/table.ts";
import { moment, span } from "../../ui/time.ts";

/** `m2mcp status`: the bridges that run, and how they fare. */
export async function run({ io, output, positionals: [target] }: Command): Promise<undefined> {
  const folders = stateFolders(io.env);
  const nowMs = io.now();
  const running = folders ? await listRunning(folders.running, nowMs) : [];
  const bridges = running.filter((bridge) => target === undefined || isTo(bridge, target));
  output.data({ bridges: bridges.map((bridge) => asJson(bridge, nowMs)) });
  if (bridges.length > 0) output.print(inWords(bridges, nowMs));
  else if (!output.json)
    output.note(
      `no bridge${target === undefined ? "" : ` to ${target}`} runs; m2mcp logs shows what those before wrote down`,
    );
}

const isTo = (bridge: RunningBridge, target: string) =>
  [bridge, ...(bridge.servers ?? [])]
    .flatMap((one) => [one.target, one.server])
    .some((known) => targetInName(known) === targetInName(target));

const iso = (atMs: number | undefined) => (atMs === undefined ? null : new Date(atMs).toISOString());

function asJson(bridge: RunningBridge, nowMs: number) {
  const { pid, target, server, startedBy, startedAtMs, requests, calls, errors } = bridge;
  const { lastError, tokenEndsAtMs, cache, log, version, servingAt } = bridge;
  return {
    target,
    server,
    pid,
    startedBy,
    startedAt: iso(startedAtMs),
    upSeconds: Math.max(0, Math.round((nowMs - startedAtMs) / 1000)),
    requests,
    calls,
    errors,
    lastError: lastError ? { time: iso(lastError.atMs), text: lastError.text } : null,
    tokenEndsAt: iso(tokenEndsAtMs),
    servingAt: servingAt ?? null,
    cache: cache ? { address: cache.at, serves: cache.serves, why: cache.why ?? null } : null,
    ...(bridge.servers
      ? { servers: bridge.servers.map(({ away, ...one }) => ({ ...one, away: away ?? null })) }
      : {}),
    log,
    version,
  };
}

/** A line for each, with what is worth knowing below it. */
function inWords(bridges: readonly RunningBridge[], nowMs: number): string {
  const heads = table(
    bridges.map(({ target, pid, startedBy, startedAtMs, calls, errors }) => [
      target,
      `up ${span(Math.max(0, nowMs - startedAtMs))}`,
      counted(calls, "call"),
      counted(errors, "error"),
      `started by ${startedBy ?? "an unknown program"}, process ${pid}`,
    ]),
  ).split("\n");
  return bridges.map((bridge, at) => [heads[at] ?? "", ...more(bridge, nowMs)].join("\n")).join("\n");
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

const cacheShown = ({ at, serves, why }: NonNullable<RunningBridge["cache"]>) =>
  `token cache ${at} ${serves === null ? "not asked yet" : serves ? "serves" : `is not used: ${why ?? "it failed"}`}`;

const more = (bridge: RunningBridge, nowMs: number): string[] => {
  const { target, server, lastError, tokenEndsAtMs, cache, log, servers, servingAt } = bridge;
  const each = servers?.map(
    (one) => `${one.target} ${one.server}${one.away === undefined ? "" : `, away: ${one.away}`}`,
  );
  return [
    ...(each ?? [server === target ? "" : `server ${server}`]),
    servingAt === undefined ? "" : `serves at ${servingAt}`,
    lastError ? `last error ${ago(lastError.atMs, nowMs)}: ${lastError.text}` : "",
    tokenEndsAtMs === undefined ? "" : `token ends ${moment(tokenEndsAtMs, nowMs)}`,
    cache ? cacheShown(cache) : "",
    log === null ? "" : `log ${log}`,
  ].flatMap((line) => (line === "" ? [] : [`    ${showControls(line)}`]));
};

const ago = (atMs: number, nowMs: number) => `${span(Math.max(0, nowMs - atMs))} ago`;
