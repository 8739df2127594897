// What a bridge writes down of itself: counted and kept in memory at once, written later, by code that is loaded after
// the first answer. No answer waits for any of it.
import { startTimer, type Timer } from "../timing/timer.ts";
import type { LogEntry } from "./entry.ts";
import type { Figures } from "./running.ts";
import type { RecordSink } from "./sink.ts";

/** A bridge that has answered nothing by then is written down all the same, in ms. */
const FIRST_MS = 1000;
/** Lines are written together after so long, in ms; so are figures that have changed. */
const LINES_MS = 100;
const FIGURES_MS = 250;
/** Lines that wait for being written; of more, it is only said how many there were. */
const MOST_WAITING = 200;

export interface Recorder {
  /** Read and added to by who counts; `changed` tells that it was. */
  readonly figures: Figures;
  /** To be called once the host has its answer: cheap, however often. */
  changed(): void;
  note(entry: LogEntry): void;
  /** Writes what waits, and that this bridge has ended. Never rejects. */
  end(): Promise<void>;
}

type State =
  /** Nothing is loaded yet: the timer ends that. */
  { kind: "waiting"; timer: Timer } | { kind: "open"; sink: Promise<RecordSink | null> } | { kind: "ended" };

/** A timer that no process stays for. */
function behind(delayMs: number, run: () => void): Timer {
  const timer = startTimer(delayMs, run);
  timer.keepAlive(false);
  return timer;
}

/** @param open loads and opens what writes; null where nothing can be written */
export function createRecorder(open: () => Promise<RecordSink | null>): Recorder {
  const figures: Figures = { requests: 0, calls: 0, errors: 0 };
  let state: State = { kind: "waiting", timer: behind(FIRST_MS, begin) };
  let waiting: LogEntry[] = [];
  let dropped = 0;
  let linesTimer: Timer | undefined;
  let figuresTimer: Timer | undefined;

  function begin(): void {
    if (state.kind !== "waiting") return;
    state.timer.stop();
    const sink = open().catch(() => null);
    state = { kind: "open", sink };
    void sink.then(() => Promise.all([writeLines(), writeFigures()]));
  }
  async function writeLines(): Promise<void> {
    linesTimer = undefined;
    const entries = waiting;
    const lost = dropped;
    waiting = [];
    dropped = 0;
    if (state.kind === "open" && entries.length > 0) await (await state.sink)?.write(entries, lost);
  }
  async function writeFigures(): Promise<void> {
    figuresTimer = undefined;
    if (state.kind === "open") await (await state.sink)?.update(figures);
  }
  return {
    figures,
    changed() {
      if (state.kind === "waiting") begin();
      else figuresTimer ??= behind(FIGURES_MS, () => void writeFigures());
    },
    note(entry) {
      if (waiting.length < MOST_WAITING) waiting.push(entry);
      else dropped++;
      if (state.kind === "open") linesTimer ??= behind(LINES_MS, () => void writeLines());
    },
    async end() {
      if (state.kind === "ended") return;
      begin();
      linesTimer?.stop();
      figuresTimer?.stop();
      await writeLines();
      const sink = state.kind === "open" ? await state.sink : null;
      state = { kind: "ended" };
      await sink?.end(figures);
    },
  };
}
