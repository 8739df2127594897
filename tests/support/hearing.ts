import type { Line } from "./messages.ts";

/** Waits for messages among those that a program has said so far, or says soon. */
export interface Hearing {
  /** The first message that suits; rejects where none has come within the limit, in ms. */
  hear(suits: (line: Line) => boolean, limitMs?: number): Promise<Line>;
  /** More has been said. */
  look(): void;
}

/** @param heard what was said so far @param stderr what it said beside, which tells why nothing came */
export function createHearing(heard: readonly Line[], stderr: () => string): Hearing {
  const waiting = new Set<() => void>();
  return {
    hear: (suits, limitMs = 20_000) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(look);
          reject(
            new Error(`not heard within ${limitMs} ms: ${JSON.stringify(heard).slice(0, 2000)} ${stderr()}`),
          );
        }, limitMs);
        const look = () => {
          const found = heard.find(suits);
          if (found === undefined) return;
          waiting.delete(look);
          clearTimeout(timer);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    look() {
      for (const look of waiting) look();
    },
  };
}
