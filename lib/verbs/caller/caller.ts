// Who started a command, for the server: fills in forms, sees progress, gives up.
import type { Command } from "../../command-line/command.ts";
import type { Caller, Progress, ServerLog } from "../../hosts/one-off/caller.ts";
import { LOG_LEVELS } from "../../mcp/protocol/meta.ts";
import { startTimer } from "../../timing/timer.ts";
import { isAskable } from "../../ui/io.ts";
import { jsonText } from "../../ui/json-text.ts";
import type { ProgressLine, ShownProgress } from "../../ui/progress/progress-line.ts";
import { watchLeaving } from "./leaving.ts";

/** A request that is answered by then is not worth a line, in ms. */
const SHOWN_AFTER_MS = 500;

/** The session with who started a command, until its end. */
export interface OpenCaller extends Caller {
  end(): void;
}

/** What a command's caller can do: a person at a terminal can be asked, watches progress, and presses Ctrl-C. */
export async function openCaller(command: Command): Promise<OpenCaller> {
  const { io, options, output } = command;
  const isVerbose = options.on("verbose");
  const isPerson = isAskable(io);
  const file = options.value("answers");
  const answers = file === undefined ? undefined : await (await import("./answers.ts")).readAnswers(io, file);
  const logLevel = isVerbose ? "debug" : output.screen.err.isTerminal ? "info" : "warning";
  const leaving = await watchLeaving();
  const line = progressLines(command);
  let status = "";
  return {
    answers: { form: isPerson || answers !== undefined, url: isPerson },
    logLevel,
    gone: leaving.gone,
    heard: leaving.heard,

    async ask(host, question, signal) {
      const { putQuestion } = await import("./put-question.ts");
      line.hold(true);
      try {
        return await putQuestion(
          { io, isPerson, answers, note: output.note, leave: leaving.leave },
          host,
          question,
          signal,
        );
      } finally {
        line.hold(false);
      }
    },

    onProgress(progress) {
      if (isVerbose) output.step(inWords(progress));
      else if (options.on("progress") && !output.screen.err.isTerminal) output.note(inWords(progress));
      else line.show(progress);
    },

    onStatus(told) {
      const text = `task ${told.status}${told.message === undefined ? "" : `: ${told.message}`}`;
      if (text === status) return;
      status = text;
      if (isVerbose) output.step(text);
      else if (options.on("progress") && !output.screen.err.isTerminal) output.note(text);
      else line.show({ message: text });
    },

    onLog(log) {
      if (LOG_LEVELS.indexOf(log.level) < LOG_LEVELS.indexOf(logLevel)) return;
      line.clear();
      output.note(logInWords(log));
    },

    waits: (host) => line.begin(host),

    end() {
      line.end();
      leaving.end();
    },
  };
}

/** The line that shows what is under way; nothing but at a terminal. */
function progressLines({ io, options, output }: Command) {
  const { err } = output.screen;
  const isShown = err.isTerminal && io.env.TERM !== "dumb" && !options.on("quiet") && !options.on("verbose");
  let underWay = 0;
  let latest: ShownProgress | undefined;
  let timer: ReturnType<typeof startTimer> | undefined;
  let line: ProgressLine | undefined;
  let isHeld = false;

  async function open(waitingFor: string, sinceMs: number): Promise<void> {
    const { createProgressLine } = await import("../../ui/progress/progress-line.ts");
    if (underWay === 0 || line) return;
    line = createProgressLine(io.stderr, { columns: () => err.columns ?? 80, waitingFor, sinceMs, isHeld });
    if (latest) line.show(latest);
  }
  function end(): void {
    timer?.stop();
    line?.end();
    line = undefined;
    latest = undefined;
  }
  return {
    begin(host: string): () => void {
      if (!isShown) return () => {};
      const sinceMs = performance.now();
      if (underWay++ === 0) timer = startTimer(SHOWN_AFTER_MS, () => void open(host, sinceMs));
      return () => {
        if (--underWay === 0) end();
      };
    },
    show(progress: ShownProgress): void {
      latest = progress;
      line?.show(progress);
    },
    clear: () => line?.clear(),
    hold(hold: boolean): void {
      isHeld = hold;
      line?.hold(hold);
    },
    end,
  };
}

function inWords({ progress, total, message = "" }: Progress): string {
  return `progress ${progress}${total === undefined ? "" : ` of ${total}`} ${message}`.trim();
}

function logInWords({ level, logger, data }: ServerLog): string {
  const text = typeof data === "string" ? data : jsonText(data);
  return `server ${level}${logger === undefined ? "" : ` (${logger})`}: ${text}`;
}
