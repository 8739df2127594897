/** What all bodies that are being gathered may take together, in bytes, beside the one that came first. */
const BUDGET_BYTES = 64 * 1024 * 1024;

/** A body that is being gathered, or an event of a stream. */
export interface Share {
  /** So much of it is there by now. @returns what to wait for before more is read; nothing where there is room */
  holds(bytes: number): Promise<void> | undefined;
  /** It is done with, or given up. */
  end(): void;
}

interface Kept {
  bytes: number;
  resume?: () => void;
  late?: (() => void) | undefined;
}

/**
 * One budget for many bodies: a hundred long ones at once must not take the memory of a hundred. The one that came first goes
 * on whatever it takes, so that there is always one that ends.
 *
 * @param startTurn starts the time that the first has to end once others wait for it, after which `late` is called; without it
 *   they wait for as long as it takes
 */
export function createBodyBudget(
  limitBytes: number = BUDGET_BYTES,
  startTurn?: (late: () => void) => { stop(): void },
) {
  const shares = new Map<object, Kept>();
  let total = 0;
  let turn: { of: Kept; timer: { stop(): void } } | undefined;
  /** Watches the first while others wait. */
  const watch = () => {
    const [first] = shares.values();
    const isWaitedFor = [...shares.values()].some(({ resume }) => resume);
    if (isWaitedFor && turn?.of === first) return;
    turn?.timer.stop();
    turn = undefined;
    if (isWaitedFor && first?.late && startTurn) turn = { of: first, timer: startTurn(first.late) };
  };
  const mayGoOn = (one: object) => total <= limitBytes || shares.keys().next().value === one;
  const wake = () => {
    for (const [one, share] of shares)
      if (share.resume && mayGoOn(one)) {
        share.resume();
        delete share.resume;
      }
    watch();
  };
  return {
    /** @param late called where others wait for this one, which is the first, and it does not end: it shall be given up */
    open(late?: () => void): Share {
      const one = {};
      const mine: Kept = { bytes: 0, late };
      shares.set(one, mine);
      return {
        holds(bytes) {
          if (!shares.has(one)) return undefined;
          total += bytes - mine.bytes;
          mine.bytes = bytes;
          if (mayGoOn(one)) return undefined;
          return new Promise((resolve) => {
            mine.resume = resolve;
            watch();
          });
        },
        end() {
          if (!shares.delete(one)) return;
          total -= mine.bytes;
          mine.resume?.();
          wake();
        },
      };
    },
  };
}

/** Of the bodies of all responses. */
export const bodyBudget = createBodyBudget();
