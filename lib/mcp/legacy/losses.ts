import { backoffMs } from "../../timing/backoff.ts";
import { createCooldowns } from "../../timing/cooldowns.ts";

/** A session that lasted this long, in ms, or answered so many requests, was no failure. */
const LASTED_MS = 5000;
const SERVED = 8;
/** Base of the wait before the next session where one after the other is lost at once, in ms. */
const PAUSE_MS = 1000;
/** How long a method that a fresh session refused too is taken to be refused for its own sake at first, in ms. */
const OWN_REFUSAL_MS = 900;

/** What losing sessions has taught: when to open the next, and which refusals are no loss. */
export interface Losses {
  /** A session was opened. */
  opened(): void;
  /** The session is lost: the wait before it is opened again, in ms. */
  lost(): number;
  /** Sessions lost in a row before they lasted. */
  readonly inARow: number;
  /** Whether any session has answered a request at all. */
  readonly hasServed: boolean;
  /** A session opened anew refused the method alike. */
  refusedAfresh(method: string): void;
  isOwnRefusal(method: string): boolean;
  /** The method was answered: what was learned of it holds no more. */
  answered(method: string): void;
}

/** @param now ms of a monotonic clock */
export function createLosses(now: () => number = () => performance.now()): Losses {
  /** Methods that are refused for their own sake. */
  const own = createCooldowns(OWN_REFUSAL_MS, now);
  let openedMs = now();
  let served = 0;
  let inARow = 0;
  let hasServed = false;
  return {
    opened() {
      openedMs = now();
      served = 0;
    },
    lost() {
      const isGood = now() - openedMs > LASTED_MS || served >= SERVED;
      inARow = isGood ? 0 : inARow + 1;
      return inARow < 2 ? 0 : backoffMs(inARow - 1, PAUSE_MS);
    },
    get inARow() {
      return inARow;
    },
    get hasServed() {
      return hasServed;
    },
    refusedAfresh: own.start,
    isOwnRefusal: own.isOn,
    answered(method) {
      served++;
      hasServed = true;
      own.end(method);
    },
  };
}
