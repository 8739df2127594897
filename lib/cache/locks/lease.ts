// The lock that all members of a fleet share: it expires by the cache's clock unless its owner shows that it lives.
import { randomBytes } from "../../platform/random.ts";
import { watchStillness } from "../../store/locks/stillness.ts";
import { sleep } from "../../timing/sleep.ts";
import { startInterval } from "../../timing/timer.ts";
import { acquire, keep, type RawEntry, release } from "../entry.ts";
import type { CacheLink } from "../link.ts";
import { lockStuck } from "../trouble.ts";

/** The lock, or the claim, of an owner that shows no life ends after this time, in ms. */
export const LEASE_MS = 3000;
/** The owner shows that it lives this often, in ms. */
const BEAT_MS = 700;
/** A lock that shows no life for so long and is there still: the cache does not let it expire, in ms. */
const STUCK_MS = 4000;
/** Nobody waits longer, in ms: whoever has it waits for a server that says nothing. */
const LONGEST_WAIT_MS = 30_000;
/** One look counts for so long at most, in ms: a waiter that was stopped has not watched. */
const LONGEST_LOOK_MS = 500;

/** The lock, as long as it is ours. */
export interface Lease {
  owner: string;
  /** Grows with each owner. */
  number: number;
  /** The entry as it was when the lock came. */
  entry: RawEntry;
  /** Gives it back. Never rejects. */
  end(): Promise<void>;
}

/**
 * Waits for the lock; undefined where the cache does not serve, or nobody may wait any longer. Never rejects.
 *
 * @param name of the entry that it protects
 */
export async function takeLease(link: CacheLink, name: string): Promise<Lease | undefined> {
  const owner = randomBytes(16).toString("hex");
  const startedMs = performance.now();
  const stillMs = watchStillness(LONGEST_LOOK_MS);
  for (;;) {
    const got = await link.ask(acquire(name, `${owner} 0`, LEASE_MS));
    if (!got) return undefined;
    if ("number" in got) return beating(link, name, { owner, ...got });
    if (stillMs(got.heldBy) > STUCK_MS) return link.distrust(lockStuck());
    const waitedMs = performance.now() - startedMs;
    if (waitedMs > LONGEST_WAIT_MS) return undefined;
    await sleep(10 + Math.random() * (20 + Math.min(200, waitedMs / 4)));
  }
}

function beating(link: CacheLink, name: string, lease: Omit<Lease, "end">): Lease {
  let beat = 0;
  const heart = startInterval(BEAT_MS, () => void link.ask(keep(name, lease.owner, ++beat, LEASE_MS)));
  heart.keepAlive(false);
  return {
    ...lease,
    async end() {
      heart.stop();
      await link.ask(release(name, lease.owner));
    },
  };
}
