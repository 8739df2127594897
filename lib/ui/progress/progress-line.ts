// The one line that tells what is under way.
import { oneLine } from "../../net/one-line.ts";
import type { Sink } from "../../platform/streams/sink.ts";
import { textWidth } from "../../platform/text-width.ts";
import { startTimer, type Timer } from "../../timing/timer.ts";

/** What is shown of a request under way. */
export interface ShownProgress {
  progress?: number;
  total?: number;
  message?: string;
}

/** A line at a terminal that renews itself, and is gone in the end. */
export interface ProgressLine {
  show(progress: ShownProgress): void;
  /** Takes the line away, until it is drawn again: something else is about to be written. */
  clear(): void;
  /** While it is held, the line is away: the terminal is somebody else's. */
  hold(hold: boolean): void;
  end(): void;
}

const FRAME_MS = 100;
/** The time that has passed is shown anew at least so often, in ms. */
const TICK_MS = 1000;
const BAR = 20;
const CLEAR = "\r\u001b[2K";

/**
 * @param columns of the terminal, now
 * @param waitingFor the server, while it has told nothing
 * @param isHeld see `hold`: from the start
 * @param sinceMs when the request began, in ms of `nowMs`
 */
export function createProgressLine(
  stderr: Sink,
  {
    columns,
    waitingFor,
    sinceMs,
    isHeld = false,
    nowMs = () => performance.now(),
  }: {
    columns: () => number;
    waitingFor: string;
    sinceMs: number;
    isHeld?: boolean;
    nowMs?: () => number;
  },
): ProgressLine {
  let latest: ShownProgress | undefined;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  let isDrawn = false;
  let held = isHeld;

  const clear = () => {
    if (isDrawn) stderr.write(CLEAR);
    isDrawn = false;
  };
  const draw = () => {
    timer?.stop();
    if (held) return;
    drawnMs = nowMs();
    const line = progressText(latest, waitingFor, drawnMs - sinceMs, columns() - 1);
    // The cursor goes back: what else is written takes the place of the line.
    stderr.write(`${CLEAR}${line}\r`);
    isDrawn = true;
    timer = startTimer(TICK_MS, draw);
    timer.keepAlive(false);
  };
  draw();
  return {
    show(progress) {
      latest = progress;
      if (nowMs() - drawnMs >= FRAME_MS) return draw();
      timer?.stop();
      timer = startTimer(FRAME_MS, draw);
      timer.keepAlive(false);
    },
    clear,
    hold(hold) {
      held = hold;
      if (hold) return clear();
      timer?.stop();
      timer = startTimer(TICK_MS, draw);
      timer.keepAlive(false);
    },
    end() {
      timer?.stop();
      clear();
    },
  };
}

/** `[#####...............] 1/4 row 1, 3 s`, cut to the terminal. */
export function progressText(
  latest: ShownProgress | undefined,
  waitingFor: string,
  passedMs: number,
  columns: number,
): string {
  const passed = `${Math.floor(passedMs / 1000)} s`;
  if (!latest) return cut(`waiting for ${waitingFor}, ${passed}`, columns);
  const { progress, total, message } = latest;
  const share =
    progress !== undefined && total !== undefined && total > 0
      ? Math.min(1, Math.max(0, progress / total))
      : undefined;
  const filled = Math.round((share ?? 0) * BAR);
  const bar = share === undefined ? "" : `[${"#".repeat(filled)}${".".repeat(BAR - filled)}] `;
  const count = progress === undefined || total === undefined ? (progress ?? "") : `${progress}/${total}`;
  const said = `${count} ${message === undefined ? "" : oneLine(message)}`.trim();
  return cut(`${bar}${said}, ${passed}`, columns);
}

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

function cut(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of letters.segment(text)) {
    width += textWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
