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

export function watchPresence({ look, onChange, wordsOf }: PresenceOptions): PresenceWatch {
  const ended = new AbortController();
  let state: Presence = { kind: "unknown" };
  let looking: Promise<void> | undefined;
  /** Wakes who waits for the next look. */
  let wake = new AbortController();

  function become(next: Presence): void {
    if (ended.signal.aborted) return;
    const was = state.kind;
    state = next;
    if (next.kind === "away" && was !== "away") void search();
    if (was === "away" || next.kind === "away") if (was !== next.kind) onChange(next);
  }
  async function search(): Promise<void> {
    for (let failures = 1; state.kind === "away" && !ended.signal.aborted; failures++) {
      const waitMs = backoffMs(failures, LOOK_MS.first, Math.random, LOOK_MS.longest);
      const over = AbortSignal.any([ended.signal, wake.signal]);
      await sleep(waitMs, over).catch(() => {});
      if (!ended.signal.aborted) await lookOnce();
    }
  }
  /** One look at a time. */
  function lookOnce(): Promise<void> {
    looking ??= look(ended.signal)
      .then(
        () => become({ kind: "here" }),
        () => {},
      )
      .finally(() => {
        looking = undefined;
        wake = new AbortController();
      });
    return looking;
  }
  let checking = false;
  async function check(): Promise<void> {
    checking = true;
    try {
      await look(ended.signal);
    } catch {
      await sleep(TWICE_MS, ended.signal).catch(() => {});
      await look(ended.signal).catch((error: unknown) => become({ kind: "away", reason: wordsOf(error) }));
    } finally {
      checking = false;
    }
  }
  return {
    now: () => state,
    suspect() {
      if (state.kind !== "away" && !checking && !ended.signal.aborted) void check();
    },
    failed: (reason) => {
      if (state.kind !== "away") become({ kind: "away", reason });
    },
    answered() {
      if (state.kind !== "here") become({ kind: "here" });
    },
    async lookNow() {
      if (state.kind !== "away") return;
      const mine = lookOnce();
      wake.abort();
      await mine;
    },
    end: () => ended.abort(),
  };
}
