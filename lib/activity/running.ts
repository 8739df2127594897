import { open, rename } from "node:fs/promises";
import { join } from "node:path";
import { isObject, jsonIn, objectOf } from "../json.ts";
import { momentMs } from "../moment.ts";
import { despiteOthers } from "../platform/files/despite-others.ts";
import { listFolder, makeFolder, readOwnFile, removeFile, TEMPORARY } from "../platform/files/files.ts";
import { isAlive, processSpace } from "../platform/host.ts";
import { beganAtMs } from "../platform/parent-process.ts";

/** What counts in a bridge so far. */
export interface Figures {
  /** Requests read from the host, and those of them that call a tool. */
  requests: number;
  calls: number;
  /** Requests that were answered with an error, by the server or in its stead. */
  errors: number;
  lastError?: { atMs: number; text: string };
  /** When the token in use ends, where that was said. */
  tokenEndsAtMs?: number;
  /** Where HTTP clients find it, of a `serve`. */
  servingAt?: string;
  /** Where tokens are shared with other machines, and why that does not work; `serves` is null before it was asked. */
  cache?: { at: string; serves: boolean | null; why?: string };
  /** Each server, where there are several. */
  servers?: RunningServer[] | undefined;
}

/** What a bridge that runs says of itself; a file of its own, written anew when something in it has changed. */
export interface RunningBridge extends Figures {
  pid: number;
  /** When the process began, as the system says it: with the id it is one process and no other. */
  beginning: string;
  /** Where that id means something. */
  space: string;
  /** `@svc`, or the server's address. */
  target: string;
  server: string;
  /** The program that started it. */
  startedBy: string | null;
  startedAtMs: number;
  log: string | null;
  version: string;
}

/** One of several servers. */
export interface RunningServer {
  /** `@svc`. */
  target: string;
  server: string;
  /** Why it is away, where it is. */
  away?: string;
}

const MAX_BYTES = 64 * 1024;
/** How far the clocks of system and record may be apart, in ms. */
const SLACK_MS = 10_000;
/** A record that nobody here can check is kept this long, in ms. */
const ELSEWHERE_MS = 7 * 24 * 3_600_000;

const fileOf = (folder: string, { pid, startedAtMs }: RunningBridge) =>
  join(folder, `${pid}-${Math.trunc(startedAtMs)}.json`);

/** Writes the record whole or not at all. Not synced: after a power cut no bridge runs. Never rejects. */
export async function writeRunning(folder: string, bridge: RunningBridge): Promise<void> {
  const file = fileOf(folder, bridge);
  const temporary = join(folder, `${TEMPORARY}${bridge.pid}-${Math.trunc(bridge.startedAtMs)}`);
  try {
    await makeFolder(folder);
    const handle = await open(temporary, "w", 0o600);
    await handle.writeFile(JSON.stringify(bridge)).finally(() => handle.close());
    await despiteOthers(() => rename(temporary, file));
  } catch {
    // Nobody sees it then in the list.
    await removeFile(temporary).catch(() => false);
  }
}

/** Never rejects. */
export const removeRunning = (folder: string, bridge: RunningBridge): Promise<unknown> =>
  removeFile(fileOf(folder, bridge)).catch(() => false);

/** The bridges that run, the longest running first; what the dead have left is removed. */
export async function listRunning(folder: string, nowMs: number): Promise<RunningBridge[]> {
  const found: RunningBridge[] = [];
  for (const name of await listFolder(folder)) {
    const file = join(folder, name);
    const bridge = name.endsWith(".json") ? await readRunning(file) : null;
    if (bridge && (await isRunning(bridge, nowMs))) found.push(bridge);
    // One that is being written has its name changed in a moment.
    else if (bridge || isOfTheDead(name)) await removeFile(file).catch(() => false);
  }
  return found.sort((a, b) => a.startedAtMs - b.startedAtMs);
}

const isOfTheDead = (name: string): boolean => {
  const pid = /^(?:\.tmp-)?(\d+)-/.exec(name)?.[1];
  return pid !== undefined && !isAlive(Number(pid), "-");
};

async function readRunning(file: string): Promise<RunningBridge | null> {
  try {
    return bridgeIn(jsonIn((await readOwnFile(file, MAX_BYTES))?.bytes.toString("utf8") ?? ""));
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string => typeof value === "string";

/** A record as far as it is one: what another version, or nobody, has written in another form is left out. */
function bridgeIn(read: unknown): RunningBridge | null {
  if (!isObject(read)) return null;
  const { startedBy, log, version, lastError, tokenEndsAtMs, servingAt, cache, servers, ...rest } = read;
  const startedAtMs = momentMs(read.startedAtMs);
  const isOne =
    startedAtMs !== undefined &&
    [read.pid, read.requests, read.calls, read.errors].every(Number.isFinite) &&
    [read.target, read.server, read.beginning, read.space].every(isText);
  if (!isOne) return null;
  const endsAtMs = momentMs(tokenEndsAtMs);
  return {
    ...(rest as unknown as RunningBridge),
    startedAtMs,
    startedBy: isText(startedBy) ? startedBy : null,
    log: isText(log) ? log : null,
    version: isText(version) ? version : "",
    ...errorIn(lastError),
    ...(endsAtMs === undefined ? {} : { tokenEndsAtMs: endsAtMs }),
    ...(isText(servingAt) ? { servingAt } : {}),
    ...(isCache(cache) ? { cache } : {}),
    ...(Array.isArray(servers) ? { servers: servers.filter(isServer) } : {}),
  };
}

function errorIn(value: unknown): Pick<Figures, "lastError"> {
  const { atMs, text } = objectOf(value);
  const saidAtMs = momentMs(atMs);
  return saidAtMs !== undefined && isText(text) ? { lastError: { atMs: saidAtMs, text } } : {};
}

function isCache(value: unknown): value is NonNullable<Figures["cache"]> {
  const { at, serves, why } = objectOf(value);
  return isText(at) && (serves === null || typeof serves === "boolean") && (why === undefined || isText(why));
}

function isServer(value: unknown): value is RunningServer {
  const { target, server, away } = objectOf(value);
  return isText(target) && isText(server) && (away === undefined || isText(away));
}

async function isRunning(
  { pid, beginning, space, startedAtMs }: RunningBridge,
  nowMs: number,
): Promise<boolean> {
  // Of another container, which shares the home: its ids say nothing here.
  if (space !== processSpace()) return Math.abs(nowMs - startedAtMs) < ELSEWHERE_MS;
  if (!isAlive(pid, beginning)) return false;
  const beganMs = beginning === "-" ? await beganAtMs(pid) : null;
  return beganMs === null || Math.abs(beganMs - startedAtMs) < SLACK_MS;
}
