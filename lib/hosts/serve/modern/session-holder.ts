// Which of the processes with one key has the session at a server that keeps one: modern clients have none that could tell.
import { sleep } from "../../../timing/sleep.ts";
import { startInterval, type Timer } from "../../../timing/timer.ts";
import type { Self } from "../context.ts";
import type { Reply } from "../http/reply.ts";
import { answers } from "../reach.ts";
import type { Seals } from "../seals.ts";
import type { Claims } from "./claims.ts";

/** The holder shows that it lives this often, in ms. */
const BEAT_MS = 1000;
/** Between two looks for whether a holder that cannot be reached has gone, in ms. */
const LOOK_MS = 100;
/** While it has requests of ours, whether it lives is looked after this often, in ms. */
const WATCH_MS = 1500;
/** One that shows that it lives, and cannot be reached from here for so long, is left alone, in ms. */
const GIVE_UP_MS = 5000;
/** For so long, in ms; where there was nothing to agree on, or to share. */
const APART_MS = { unreachable: 10 * 60_000, alone: 30_000 };

/** Another process that has the session. */
export interface Holder extends Self {
  /** It shows no life any more, and another has the session. */
  gone: AbortSignal;
}

type HolderState =
  | { kind: "unknown" }
  | { kind: "here"; heart: Timer }
  | { kind: "there"; holder: Holder; end: () => void }
  /** This process has a session of its own: there is nobody to share one with, or no way there. */
  | { kind: "apart"; untilMs: number };

/** The session's holder as this process knows it. */
export interface SessionHolder {
  /** The process to hand a request to; undefined where that is this one. Asks nobody where it is known. */
  elsewhere(): Promise<Holder | undefined>;
  /** Looks after the holder while it does work of ours: one that is stopped takes connections, and answers nothing. */
  watching<T>(work: Promise<T>): Promise<T>;
  /** Whether requests that were handed over to this process are taken here. */
  isHere(): boolean;
  /** It has nothing of what it was handed: it cannot be reached, or says that it has the session no more. */
  lost(holder: Self): Promise<void>;
  /** It has nothing to share with us. */
  part(): void;
  /** Ends a subscription once the session is elsewhere: its client asks for it again, and gets it there. */
  listens(reply: Reply): void;
  /** Another process may have it. */
  end(): Promise<void>;
}

interface Holding {
  claims: Claims;
  self: Self;
  seals: Seals;
  state: HolderState;
  /** One question serves all who want to know. */
  asking: Promise<void> | undefined;
  mark: string | undefined;
  listening: Set<Reply>;
  /** How much is at the holder, and what looks after it meanwhile. */
  handed: number;
  watch: Timer | undefined;
  isOver: boolean;
  log(line: string): void;
}

/** @param claims where the processes agree on which of them it is */
export function createSessionHolder(
  claims: Claims,
  { self, seals, log }: Pick<Holding, "self" | "seals" | "log">,
): SessionHolder {
  const holding: Holding = {
    claims,
    self,
    seals,
    log,
    state: { kind: "unknown" },
    asking: undefined,
    mark: undefined,
    listening: new Set(),
    handed: 0,
    watch: undefined,
    isOver: false,
  };
  return {
    async elsewhere() {
      const { state } = holding;
      if (state.kind === "unknown" || (state.kind === "apart" && performance.now() > state.untilMs))
        await ask(holding);
      return holding.state.kind === "there" ? holding.state.holder : undefined;
    },
    watching(work) {
      holding.handed++;
      holding.watch ??= startInterval(WATCH_MS, () => void look(holding));
      return work.finally(() => {
        if (--holding.handed > 0) return;
        holding.watch?.stop();
        holding.watch = undefined;
      });
    },
    isHere: () => holding.state.kind === "here",
    async lost(holder) {
      if (holding.state.kind === "there" && holding.state.holder.instance === holder.instance)
        await ask(holding, holder);
    },
    part: () => become(holding, { kind: "apart", untilMs: performance.now() + APART_MS.alone }),
    listens(reply) {
      holding.listening.add(reply);
      reply.whenGone(() => holding.listening.delete(reply));
    },
    async end() {
      holding.isOver = true;
      become(holding, { kind: "apart", untilMs: Number.POSITIVE_INFINITY });
      await holding.asking;
      if (holding.mark !== undefined) await claims.release(holding.mark);
    },
  };
}

/** The one place where the state changes. */
function become(holding: Holding, state: HolderState): void {
  const { state: last, listening } = holding;
  if (last.kind === "here") last.heart.stop();
  holding.state = state;
  if (state.kind === "there") for (const reply of listening) reply.end();
}

function ask(holding: Holding, gone?: Self): Promise<void> {
  holding.asking ??= find(holding, gone).finally(() => {
    holding.asking = undefined;
  });
  return holding.asking;
}

/** Finds who has the session, other than who is gone: it may be ourselves from now on. */
async function find(holding: Holding, gone: Self | undefined): Promise<void> {
  const startedMs = performance.now();
  while (!holding.isOver) {
    const found = await claim(holding);
    if (holding.isOver) return;
    if (found === "ours") return begin(holding, gone);
    if (found === undefined) return apart(holding);
    // Under our own address an earlier process was found, which has ended.
    const isAnother = found.instance !== gone?.instance && found.address !== holding.self.address;
    if (isAnother) return become(holding, there(found));
    if (performance.now() - startedMs > GIVE_UP_MS) return apart(holding, found);
    await sleep(LOOK_MS);
  }
}

function begin(holding: Holding, gone: Self | undefined): void {
  if (gone)
    holding.log(`the process at ${gone.address} is gone: what it had of the server's session is here`);
  const heart = startInterval(BEAT_MS, () => void beat(holding));
  heart.keepAlive(false);
  become(holding, { kind: "here", heart });
}

function apart(holding: Holding, holder?: Self): void {
  if (holder)
    holding.log(`the process at ${holder.address} cannot be reached: modern clients have a session here`);
  become(holding, { kind: "apart", untilMs: performance.now() + APART_MS[holder ? "unreachable" : "alone"] });
}

async function beat(holding: Holding): Promise<void> {
  const found = await claim(holding);
  // Where it cannot be told, those who know of us still come.
  if (found === undefined || found === "ours" || holding.state.kind !== "here") return;
  become(holding, there(found));
}

/** Whether the holder still is: one that shows no life any more gives it up to whoever asks. */
async function look(holding: Holding): Promise<void> {
  const { state } = holding;
  if (state.kind !== "there" || holding.asking) return;
  const found = await claim(holding, true);
  if (found === undefined || holding.isOver || holding.state !== state) return;
  if (found === "ours") begin(holding, state.holder);
  else if (found.instance !== state.holder.instance) become(holding, there(found));
  else return;
  // One that lives, and could not show it where that is agreed on, answers what it has.
  if (!(await answers(state.holder.address))) state.end();
}

function there(found: Self): HolderState {
  const end = new AbortController();
  return { kind: "there", holder: { ...found, gone: end.signal }, end: () => end.abort() };
}

async function claim(holding: Holding, isHeld = false): Promise<Self | "ours" | undefined> {
  const { claims, seals, self } = holding;
  holding.mark ??= seals.seal("holder", { a: self.address, i: self.instance });
  const found = await claims.claim(holding.mark, isHeld);
  if (found === holding.mark) return "ours";
  const { a, i } = seals.open("holder", found) ?? {};
  return typeof a === "string" && typeof i === "string" ? { address: a, instance: i } : undefined;
}
