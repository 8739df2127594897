// The way to a cache, which may be away: what is asked of it takes a bounded time, and after a failure nothing for a while.
import type { CacheAddress } from "./address.ts";
import { type CacheConnection, type ConnectOptions, connect } from "./connect.ts";
import { limited } from "./limited.ts";
import { type CacheTrouble, type Trouble, troubleOf } from "./trouble.ts";

/** How long a cache may take to be reached, and for each reply, in ms. */
const LIMIT_MS = 1000;
/** It is left alone so long after a failure, in ms; after each further one twice as long. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;

/** Asks one thing over a connection. */
export type Question<T> = (command: CacheConnection["command"]) => Promise<T>;

export interface CacheLink {
  /** What is answered; undefined where the cache does not serve. Never rejects, and takes two limits at most. */
  ask<T>(question: Question<T>): Promise<T | undefined>;
  /** It answers, and not as it should: it is left alone for a while. */
  distrust(trouble: CacheTrouble): undefined;
}

/** Told when a cache begins to fail, and when it begins to serve. */
export interface LinkObserver {
  failed(trouble: Trouble): void;
  /** @param wasAway it had failed before */
  serves(wasAway: boolean): void;
}

type LinkState =
  | { kind: "closed" }
  | { kind: "opening"; connection: Promise<CacheConnection> }
  | { kind: "open"; connection: CacheConnection }
  /** It failed, and is not asked until then. */
  | { kind: "away"; untilMs: number };

/** Opens nothing before the first question. */
export function createCacheLink(
  address: CacheAddress,
  options: () => Promise<ConnectOptions>,
  observer: LinkObserver,
): CacheLink {
  const open = async () => {
    const given = await options();
    return limited((cutBy) => connect(address, given, cutBy), LIMIT_MS);
  };
  return linkOver(open, observer);
}

/** The same over whatever opens connections. */
function linkOver(open: () => Promise<CacheConnection>, observer: LinkObserver): CacheLink {
  let state: LinkState = { kind: "closed" };
  const health = createHealth(observer);
  const isAway = () => state.kind === "away" && performance.now() < state.untilMs;

  function fail(error: unknown): undefined {
    // What was asked at once fails together: that is one failure.
    if (isAway()) return;
    if (state.kind === "open") state.connection.close();
    state = { kind: "away", untilMs: performance.now() + health.failed(troubleOf(error)) };
  }

  async function opened(): Promise<{ connection: CacheConnection; isOld: boolean }> {
    if (state.kind === "open" && !state.connection.isClosed())
      return { connection: state.connection, isOld: true };
    if (state.kind === "opening") return { connection: await state.connection, isOld: false };
    const opening = open();
    state = { kind: "opening", connection: opening };
    const connection = await opening;
    state = { kind: "open", connection };
    return { connection, isOld: false };
  }

  async function attempt<T>(question: Question<T>): Promise<T> {
    const { connection, isOld } = await opened();
    try {
      return await limited((cutBy) => {
        cutBy(connection.close);
        return question(connection.command);
      }, LIMIT_MS);
    } catch (error) {
      // A connection at rest may have been cut by whoever is between.
      if (!isOld || !connection.isClosed() || isAway() || troubleOf(error).code === "stalled") throw error;
      return attempt(question);
    }
  }

  return {
    distrust: fail,
    async ask(question) {
      if (isAway()) return undefined;
      try {
        const answer = await attempt(question);
        health.served();
        return answer;
      } catch (error) {
        return fail(error);
      }
    },
  };
}

/** How a cache fares, told at each change. */
function createHealth(observer: LinkObserver) {
  let serves: boolean | undefined;
  let pauseMs = FIRST_PAUSE_MS;
  return {
    /** @returns how long it is to be left alone, in ms */
    failed(trouble: Trouble): number {
      if (serves !== false) observer.failed(trouble);
      serves = false;
      const nowMs = pauseMs;
      pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
      return nowMs;
    },
    served(): void {
      if (serves !== true) observer.serves(serves === false);
      serves = true;
      pauseMs = FIRST_PAUSE_MS;
    },
  };
}
