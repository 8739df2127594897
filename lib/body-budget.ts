/** What all bodies that are being gathered may take together, in bytes, beside the one that came first. */
const BUDGET_BYTES = 64 * 1024 * 1024;

/** A body that is being gathered, or an event of a stream. */
export interface Share {
  /** So much of it is there by now. @returns what to wait for before more is read; nothing where there is room */
  holds(bytes: number): Promise<void> | undefined;
  /** It is gathered, or given up. */
  end(): void;
}

/**
 * One budget for many bodies: a hundred long ones at once must not take the memory of a hundred. The
 * one that came first goes on whatever it takes, so that there is always one that ends.
 */
export function createBodyBudget(limitBytes: number = BUDGET_BYTES) {
  const shares = new Map<object, { bytes: number; resume?: () => void }>();
  let total = 0;
  const mayGoOn = (one: object) => total <= limitBytes || shares.keys().next().value === one;
  const wake = () => {
    for (const [one, share] of shares)
      if (share.resume && mayGoOn(one)) {
        share.resume();
        delete share.resume;
      }
  };
  return {
    open(): Share {
      const one = {};
      const mine: { bytes: number; resume?: () => void } = { bytes: 0 };
      shares.set(one, mine);
      return {
        holds(bytes) {
          if (!shares.has(one)) return undefined;
          total += bytes - mine.bytes;
          mine.bytes = bytes;
          if (mayGoOn(one)) return undefined;
          return new Promise((resolve) => {
            mine.resume = resolve;
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
