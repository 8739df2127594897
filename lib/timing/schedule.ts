import { CEILING_MS, resumeAfterMs } from "./backoff.ts";

/** An attempt that lasted this long was no failure, whatever it brought, in ms. */
const LASTED_MS = 5000;
/** Longest wait before what was never to be had is asked for again, in ms. */
const NEVER_OFFERED_MS = 10 * 60_000;

/** What became of an attempt at something that shall be kept up. */
export interface Attempt {
  /** How long it stood, in ms. */
  tookMs: number;
  /** It brought something new. */
  progressed: boolean;
  /** It ended for want of signs of life: after a while that is a dead connection, and waiting mends nothing. */
  idle?: boolean;
  /** Whether it was ever to be had; what never was is asked for ever more seldom. */
  offered?: boolean;
  /** What the server asked to wait, in ms. */
  retryMs?: number | undefined;
}

/** The pace of attempts in a row. */
export interface Schedule {
  /** An attempt has ended: how long to wait before the next, in ms. */
  next(attempt: Attempt): number;
  /** Attempts in a row that brought nothing. */
  readonly fruitless: number;
}

/**
 * The one pace of what is kept up (streams, sessions): waits grow with each attempt in a row that brought nothing, and
 * start small again once one has lasted or brought something. What shares a fate shares a schedule: two things that
 * open each other again with a schedule each would do so unpaced.
 */
export function createSchedule(random: () => number = Math.random): Schedule {
  let fruitless = 0;
  return {
    next({ tookMs, progressed, idle = false, offered = true, retryMs }) {
      const lasted = tookMs > LASTED_MS;
      fruitless = progressed || lasted ? 0 : fruitless + 1;
      if (idle && lasted) return 0;
      return resumeAfterMs(retryMs, fruitless, random, offered ? CEILING_MS : NEVER_OFFERED_MS);
    },
    get fruitless() {
      return fruitless;
    },
  };
}
