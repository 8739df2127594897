import type { IO } from "../../ui/io.ts";
import type { Target } from "../target/target.ts";

/** Ends what is kept of lists that servers have changed, one after the other. */
export interface ExpiringLists {
  /** @param method of the notification that tells of a change */
  changed(target: Target, method: string): void;
  /** Resolves once all of it is written. */
  settled(): Promise<void>;
}

/** What does it is loaded with the first change. */
export function createExpiringLists(io: IO): ExpiringLists {
  let expiring: Promise<void> = Promise.resolve();
  return {
    changed(target, method) {
      expiring = expiring.then(async () => {
        const { catalogueOf } = await import("./catalogue.ts");
        const { CHANGED } = await import("./kept-list.ts");
        const kind = CHANGED[method];
        if (kind) await catalogueOf(target, io).expire(kind);
      });
    },
    settled: () => expiring,
  };
}
