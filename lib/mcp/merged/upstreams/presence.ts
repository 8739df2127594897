// Whether a server is there, for all clients of it: one that is away is looked for until it is back.
import { backoffMs } from "../../../timing/backoff.ts";
import { sleep } from "../../../timing/sleep.ts";

export type Presence =
  | { kind: "unknown" }
  | { kind: "here" }
  /** It gave no answer, and is not asked until a look finds it. */
  | { kind: "away"; reason: string };

/** A look that finds nothing is repeated after so long before the server counts as away, in ms. */
const TWICE_MS = 700;
/** First and longest wait between two looks for a server that is away, in ms. */
const LOOK_MS = { first: 500, longest: 30_000 };

export interface PresenceOptions {
  /** Asks the server for a sign of life. @throws where there is none */
  look(signal: AbortSignal): Promise<void>;
  /** Told when it goes away, and when it is back. */
  onChange(presence: Presence): void;
  /** What a failure says, for a person. */
  wordsOf(error: unknown): string;
}

export interface PresenceWatch {
  now(): Presence;
  /** Something failed that a server that is away would let fail: it is looked for. */
  suspect(): void;
  /** It is known to be away. */
  failed(reason: string): void;
  answered(): void;
  /** Looks for one that is away, unless that is being done; resolves once that is settled. Never rejects. */
  lookNow(): Promise<void>;
  end(): void;
}

/** What belongs to one watch. */
interface Watch extends PresenceOptions {
  state: Presence;
  /** The look that is being taken, one for all who want to know. */
  looking: Promise<void> | undefined;
  /** Wakes who waits for the next look. */
  wake: AbortController;
  isChecking: boolean;
  readonly ended: AbortController;
}

/** Looks for nothing before something speaks against the server. */
export function watchPresence(options: PresenceOptions): PresenceWatch {
  const watch: Watch = {
    ...options,
    state: { kind: "unknown" },
    looking: undefined,
    wake: new AbortController(),
    isChecking: false,
    ended: new AbortController(),
  };
  return {
    now: () => watch.state,
    suspect() {
      if (watch.state.kind !== "away" && !watch.isChecking && !watch.ended.signal.aborted) void check(watch);
    },
    failed(reason) {
      if (watch.state.kind !== "away") become(watch, { kind: "away", reason });
    },
    answered() {
      if (watch.state.kind !== "here") become(watch, { kind: "here" });
    },
    async lookNow() {
      if (watch.state.kind !== "away") return;
      const mine = lookOnce(watch);
      watch.wake.abort();
      await mine;
    },
    end: () => watch.ended.abort(),
  };
}

/** The one place where it changes. */
function become(watch: Watch, next: Presence): void {
  if (watch.ended.signal.aborted) return;
  const was = watch.state.kind;
  watch.state = next;
  if (was === next.kind || (was !== "away" && next.kind !== "away")) return;
  if (next.kind === "away") void search(watch);
  watch.onChange(next);
}

/** Looks for a server that is away until it is back. */
async function search(watch: Watch): Promise<void> {
  const { ended } = watch;
  for (let failures = 1; watch.state.kind === "away" && !ended.signal.aborted; failures++) {
    const waitMs = backoffMs(failures, LOOK_MS.first, Math.random, LOOK_MS.longest);
    await sleep(waitMs, AbortSignal.any([ended.signal, watch.wake.signal])).catch(() => {});
    if (watch.state.kind === "away" && !ended.signal.aborted) await lookOnce(watch);
  }
}

function lookOnce(watch: Watch): Promise<void> {
  watch.looking ??= watch
    .look(watch.ended.signal)
    .then(
      () => become(watch, { kind: "here" }),
      () => {},
    )
    .finally(() => {
      watch.looking = undefined;
      watch.wake = new AbortController();
    });
  return watch.looking;
}

/** Looks twice for a server that something speaks against. */
async function check(watch: Watch): Promise<void> {
  const { ended, wordsOf } = watch;
  watch.isChecking = true;
  try {
    await watch.look(ended.signal);
  } catch {
    await sleep(TWICE_MS, ended.signal).catch(() => {});
    await watch
      .look(ended.signal)
      .catch((error: unknown) => become(watch, { kind: "away", reason: wordsOf(error) }));
  } finally {
    watch.isChecking = false;
  }
}
