// The way to another process: whether there is one, and whether there still is.
import { sleep } from "../../timing/sleep.ts";
import { startInterval, startTimer, type Timer } from "../../timing/timer.ts";
import type { ServeContext } from "./context.ts";

/** How long the other may take to be reached, in ms. */
const CONNECT_MS = 2000;
/** How long one that lives may take to say so, in ms. */
const ANSWER_MS = 1000;
/** For how long it counts as reached, in ms. */
const REACHED_MS = 5000;
/** While it has requests of ours, whether the way is there is looked after this often, in ms. */
const WATCH_MS = 1500;
/** So many looks in a row that nobody answers: the way is cut; or, of one that takes connections, that it is stopped. */
const MOST_SILENT = { connect: 2, answer: 4 };
/** A process that is ending takes connections for a moment still, in ms; between two looks for its end. */
const ENDING_MS = { most: 500, look: 20 };

/** What became of a connection, or a request: one that is refused says that somebody is there, silence does not. */
type Found = "there" | "refused" | "silent";

/** The way to one process, while requests of ours are there. */
export interface PeerWatch {
  readonly watching: Set<() => void>;
  readonly timer: Timer;
  silent: number;
}

/** Whether it answers at all: what takes long to be refused, or is stopped, shall not have the request. */
export async function isReachable({ reached }: ServeContext, address: string): Promise<boolean> {
  if (performance.now() < (reached.get(address) ?? 0)) return true;
  const isThere = (await dial(address)) === "there" && (await answers(address));
  if (isThere) reached.set(address, performance.now() + REACHED_MS);
  return isThere;
}

/**
 * Looks after the way to a process that has a request of ours: where a link is cut, a machine is lost, or the process is
 * stopped, nothing says so to who waits for an answer.
 *
 * @param cut called where nobody answers there any more
 * @returns what ends it
 */
export function watchPeer(
  { watches, reached }: Pick<ServeContext, "watches" | "reached">,
  address: string,
  cut: () => void,
): () => void {
  const watch = watches.get(address) ?? {
    watching: new Set(),
    timer: startInterval(WATCH_MS, () => void look()),
    silent: 0,
  };
  watches.set(address, watch);
  watch.watching.add(cut);
  async function look(): Promise<void> {
    // One that is ending takes no connections any more, and answers what it has.
    const dialed = await dial(address);
    const found = dialed === "there" ? await ask(address) : dialed;
    watch.silent = found === "silent" ? watch.silent + 1 : 0;
    if (watch.silent < MOST_SILENT[dialed === "there" ? "answer" : "connect"]) return;
    reached.delete(address);
    for (const tell of [...watch.watching]) tell();
  }
  return () => {
    watch.watching.delete(cut);
    if (watch.watching.size > 0) return;
    watch.timer.stop();
    if (watches.get(address) === watch) watches.delete(address);
  };
}

/** Resolves once a process that has broken off takes no connections any more, or goes on; after a moment at most. */
export async function untilSettled(address: string): Promise<void> {
  const untilMs = performance.now() + ENDING_MS.most;
  while (performance.now() < untilMs && (await dial(address)) === "there") await sleep(ENDING_MS.look);
}

function dial(address: string): Promise<Found> {
  const { connect } = process.getBuiltinModule("node:net");
  return new Promise((resolve) => {
    const socket = connect(placeAt(address));
    const end = (found: Found) => {
      late.stop();
      socket.destroy();
      resolve(found);
    };
    const late = startTimer(CONNECT_MS, () => end("silent"));
    socket.on("connect", () => end("there"));
    socket.on("error", ({ code }: NodeJS.ErrnoException) =>
      end(code === "ECONNREFUSED" || code === "ENOENT" ? "refused" : "silent"),
    );
  });
}

/** Whether a process does more than take connections, as one that is stopped does. */
export const answers = async (address: string): Promise<boolean> => (await ask(address)) === "there";

function ask(address: string): Promise<Found> {
  const { request } = process.getBuiltinModule("node:http");
  return new Promise((resolve) => {
    const end = (found: Found) => {
      late.stop();
      asked.destroy();
      resolve(found);
    };
    const headers = { host: "localhost" };
    const how = { ...placeAt(address), path: "/healthz", headers, agent: false };
    const asked = request(how, ({ statusCode }) => end(statusCode === 200 ? "there" : "refused"));
    const late = startTimer(ANSWER_MS, () => end("silent"));
    asked.on("error", () => end("refused")).end();
  });
}

export const placeAt = (address: string) =>
  address.startsWith("unix:")
    ? { socketPath: address.slice("unix:".length), path: address.slice("unix:".length) }
    : { host: hostOf(address), port: Number(address.slice(address.lastIndexOf(":") + 1)) };

const hostOf = (address: string) => address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
