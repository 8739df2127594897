import { keepLatest } from "../keep-latest.ts";

/** How long a cooldown takes at most, in ms. */
const MOST_MS = 10 * 60_000;
/** Of so many things at most is remembered: their names come from outside. */
const MAX_KNOWN = 1000;

/** Things that were tried in vain, and are not tried again for a while, which grows each time. */
export interface Cooldowns {
  /** It was tried in vain. */
  start(what: string): void;
  /** Whether it is too early for another try. */
  isOn(what: string): boolean;
  /** It is as it should be: the next cooldown is as short as the first. */
  end(what: string): void;
}

/**
 * @param firstMs how long the first cooldown takes, in ms; each further one twice as long
 * @param now ms of a monotonic clock
 */
export function createCooldowns(firstMs: number, now: () => number = () => performance.now()): Cooldowns {
  const known = new Map<string, { untilMs: number; forMs: number }>();
  return {
    start(what) {
      const forMs = Math.min(MOST_MS, 2 * (known.get(what)?.forMs ?? firstMs / 2));
      keepLatest(known, what, { forMs, untilMs: now() + forMs }, MAX_KNOWN);
    },
    isOn: (what) => known.size > 0 && (known.get(what)?.untilMs ?? 0) > now(),
    end: (what) => void known.delete(what),
  };
}
