import { resumeAfterMs } from "./backoff.ts";

/** An attempt that lasted this long was no failure, whatever it brought, in ms. */
const LASTED_MS = 5000;

/** What became of an attempt at something that shall be kept up. */
export interface Attempt {
  /** How long it stood, in ms. */
  tookMs: number;
  /** It brought something new. */
  progressed: boolean;
  /** It ended for want of signs of life: after a while that is a dead connection, and waiting mends nothing. */
  idle?: boolean;
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
    next({ tookMs, progressed, idle = false, retryMs }) {
      const lasted = tookMs > LASTED_MS;
      fruitless = progressed || lasted ? 0 : fruitless + 1;
      if (idle && lasted) return 0;
      return resumeAfterMs(retryMs, fruitless, random);
    },
    get fruitless() {
      return fruitless;
    },
  };
}
