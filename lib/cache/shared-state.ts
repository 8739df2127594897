// State that a fleet shares: it lies in the store of each member, and sealed in a cache. What is at hand is used without
// asking; where the cache does not serve, each member goes on with its own store.
import type { JsonObject } from "../json.ts";
import { createTurns } from "../store/locks/turns.ts";
import type { Found, RawEntry, WriteOutcome, Written } from "./entry.ts";
import { look, sealedIn, write } from "./entry.ts";
import type { CacheLink } from "./link.ts";
import { type Lease, takeLease } from "./locks/lease.ts";
import type { Vault } from "./seal.ts";

/** State of this machine alone, and the lock of its processes. */
export interface OwnState<State> {
  read(): Promise<State | undefined>;
  write(change: (old: State) => State): Promise<void>;
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

/** What the cache need not know of state. */
export interface StateRules<State> {
  /** What of it all members share. */
  shared(state: State): JsonObject;
  /**
   * Our state with what others have made of it.
   * @param aheadMs how far our clock is ahead of theirs, in ms
   */
  merge(own: State, theirs: JsonObject, aheadMs: number): State;
  /** Whether two states are one to the others. */
  isSame(one: State, other: State): boolean;
  /** Whether it will do as it is. */
  serves(state: State, nowMs: number): boolean;
  /** When what is shared of it is over, in ms since the epoch. */
  endsAtMs(shared: JsonObject, nowMs: number): number;
}

/** The place of one set of credentials in a cache. */
export interface CachePlace {
  link: CacheLink;
  vault: Vault;
}

export interface SharedState<State> {
  /** @param wanted `anew`: ask the cache, even where what is at hand would do */
  read(wanted?: { anew?: true }): Promise<State | undefined>;
  write(change: (old: State) => State): Promise<void>;
  /** Runs work while no other member runs it, as far as the cache serves. */
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

export interface SharedStateOptions<State extends object> {
  own: OwnState<State>;
  rules: StateRules<State>;
  /** Asked at each need; undefined where the state cannot be shared. Never rejects. */
  place(): Promise<CachePlace | undefined>;
  now(): number;
  /** Something else lies where ours would. */
  onForeign(): void;
  /** The cache was looked at because what is at hand does not do. */
  onLook(found: Found): void;
  /** It was written to. */
  onWrite(outcome: WriteOutcome): void;
}

/** @property lease the lock of all members, while this one has it */
type Shared<State extends object> = SharedStateOptions<State> & { lease: Lease | undefined };

/** Clocks that are less apart are taken for one, in ms. */
const SAME_CLOCK_MS = 30_000;
/** A change is tried so often where others change the same. */
const MOST_ATTEMPTS = 4;

/** Opens nothing before it is needed. */
export function createSharedState<State extends object>(
  options: SharedStateOptions<State>,
): SharedState<State> {
  const inTurn = createTurns();
  const context: Shared<State> = { ...options, lease: undefined };
  const { own, rules, place, now } = options;
  return {
    async read({ anew } = {}) {
      const known = await own.read();
      if (!anew && known && rules.serves(known, now())) return known;
      const at = await place();
      const entry = at && (await entryAt(context, at));
      if (at && !entry) options.onLook("failed");
      if (!entry) return known;
      const state = await takeIn(context, at, entry, known);
      options.onLook(entry.text !== "" && state && rules.serves(state, now()) ? "hit" : "miss");
      return state;
    },

    write: (change) => changeShared(context, change),

    withLock: (work) =>
      inTurn("lease", () =>
        own.withLock(async () => {
          const at = await place();
          const lease = at && (await takeLease(at.link, at.vault.name));
          context.lease = lease;
          try {
            return await work();
          } finally {
            context.lease = undefined;
            await lease?.end();
          }
        }),
      ),
  };
}

/** The entry as it was when the lock came, or is now; undefined where the cache does not serve. */
const entryAt = async <State extends object>(
  { lease }: Shared<State>,
  { link, vault }: CachePlace,
): Promise<RawEntry | undefined> => lease?.entry ?? (await link.ask(look(vault.name)));

/** What makes of our state one with what an entry holds. */
async function merger<State extends object>(
  { rules, now, onForeign }: Shared<State>,
  { vault }: CachePlace,
  entry: RawEntry,
): Promise<(state: State) => State> {
  if (entry.text === "") return (state) => state;
  const content = await vault.open(sealedIn(entry) ?? "");
  if (!content || typeof content.endsAtMs !== "number") {
    onForeign();
    return (state) => state;
  }
  // The cache's clock runs for all: what is left says how far ours and the writer's are apart.
  const endsAtMs = entry.leftMs === undefined ? content.endsAtMs : now() + entry.leftMs;
  const aheadMs = endsAtMs - content.endsAtMs;
  const shared = content.shared as JsonObject;
  return (state) => rules.merge(state, shared, Math.abs(aheadMs) < SAME_CLOCK_MS ? 0 : aheadMs);
}

/** Takes in what others know; our state as it is then. */
async function takeIn<State extends object>(
  context: Shared<State>,
  at: CachePlace,
  entry: RawEntry,
  known: State | undefined,
): Promise<State | undefined> {
  const merge = await merger(context, at, entry);
  const merged = merge(known ?? ({} as State));
  if (context.rules.isSame(merged, known ?? ({} as State))) return known;
  await context.own.write(merge);
  return merged;
}

/** Changes the state here and there. */
async function changeShared<State extends object>(
  context: Shared<State>,
  change: (old: State) => State,
): Promise<void> {
  const { own, rules, place } = context;
  const known = (await own.read()) ?? ({} as State);
  // What is this machine's own affair, the cache is not asked for.
  const at = rules.isSame(change(known), known) ? undefined : await place();
  const entry = at && (await entryAt(context, at));
  if (!entry) return own.write(change);
  let over = entry;
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const merge = await merger(context, at, over);
    let [before, after] = [known, known];
    await own.write((old) => {
      before = merge(old);
      after = change(before);
      return after;
    });
    const outcome = rules.isSame(before, after) ? "written" : await put(context, at, over, after);
    if (outcome === undefined || outcome === "written") return;
    // What others wrote meanwhile counts: it is read, and the change made once more.
    const found = await at.link.ask(look(at.vault.name));
    if (!found) return;
    if (outcome === "lost") {
      context.lease = undefined;
      await takeIn(context, at, found, after);
      return;
    }
    over = found;
  }
}

/** Writes what is shared of a state in place of an entry; undefined where the cache does not serve. */
async function put<State extends object>(
  context: Shared<State>,
  { link, vault }: CachePlace,
  over: RawEntry,
  state: State,
): Promise<Written | undefined> {
  const { rules, now, lease } = context;
  const shared = rules.shared(state);
  const endsAtMs = rules.endsAtMs(shared, now());
  const sealed = await vault.seal({ endsAtMs, shared });
  const lifeMs = endsAtMs - now();
  const outcome = await link.ask(write(vault.name, { over, sealed, lifeMs, lock: lease }));
  context.onWrite(outcome ?? "failed");
  if (outcome === "written" && lease)
    context.lease = { ...lease, entry: { text: `1 ${lease.number} ${sealed}`, leftMs: lifeMs } };
  return outcome;
}
