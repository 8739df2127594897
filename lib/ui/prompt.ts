import type { Readable } from "node:stream";
import { beforeEndingSignal, endBy } from "../platform/ending-signals.ts";
import { listenToStop } from "../platform/stop-signal.ts";
import { keyReader } from "../platform/streams/keys.ts";
import type { Sink } from "../platform/streams/sink.ts";
import { textWidth } from "../platform/text-width.ts";

/** Takes the letter before the cursor off the screen. */
const RUB_OUT = "\b \b";

/** A terminal to type at. */
export type Terminal = Readable & { isTTY?: boolean; setRawMode?(on: boolean): unknown };

/** What came of a question: a line, the end of all input (Ctrl-D), or a person who wants out (Ctrl-C). */
export type Typed = { kind: "line"; text: string } | { kind: "ended" } | { kind: "interrupted" };

/**
 * Asks for one line (on stderr, so that stdout stays the result's).
 *
 * @param mode.hidden nothing of what is typed is shown
 * @param mode.like what is typed is shown as long as it is like this: what is no answer may be a secret
 * @param mode.over ends it as Ctrl-D does; then whoever aborts it takes the signals that end the process
 */
export function promptLine(
  question: string,
  { hidden, like, over }: { hidden: boolean; like?: RegExp; over?: AbortSignal },
  input: Terminal,
  output: Sink,
): Promise<Typed> {
  const seen = (text: string) => (hidden || like?.test(text) === false ? "" : text);
  const leave = () => void input.setRawMode?.(false);
  // Whatever ends us must not leave a shell without echo behind.
  const ending = over ? () => {} : beforeEndingSignal(leave);
  let typed = "";
  // And whatever stops us: the shell has the terminal until we go on.
  const stopping = listenToStop(leave, () => {
    input.setRawMode?.(true);
    output.write(`\n${question}${seen(typed)}`);
  });
  // First of all: who sees the question may type, and a terminal shows it until then.
  input.setRawMode?.(true);
  output.write(question);
  return new Promise((resolve) => {
    const keysOf = keyReader();
    const finish = (answer: Typed, rest = "") => {
      input.off("data", read).off("end", ended);
      over?.removeEventListener("abort", giveUp);
      leave();
      ending();
      stopping.end();
      input.pause();
      output.write("\n");
      // What was typed or pasted ahead answers the next question.
      if (rest !== "") input.unshift(Buffer.from(rest));
      resolve(answer);
    };
    const giveUp = () => finish({ kind: "ended" });
    const ended = () => finish(typed === "" ? { kind: "ended" } : { kind: "line", text: typed });
    const keep = (text: string) => {
      if (!hidden) output.write(change(seen(typed), seen(text)));
      typed = text;
    };
    const read = (chunk: Buffer | string) => {
      const keys = keysOf(chunk);
      for (const [at, key] of keys.entries()) {
        if (key === "\r" || key === "\n") {
          const rest = keys.slice(at + 1).join("");
          return finish({ kind: "line", text: typed }, key === "\r" ? rest.replace(/^\n/, "") : rest);
        }
        if (key === "\u0003") return finish({ kind: "interrupted" });
        if (key === "\u0004") return finish({ kind: "ended" });
        if (key === "\u001a") stopping.stopAll();
        if (key === "\u001c") quit(leave);
        keep(afterKey(typed, key));
      }
    };
    input.on("data", read).on("end", ended);
    input.resume();
    if (over?.aborted) giveUp();
    else over?.addEventListener("abort", giveUp, { once: true });
  });
}

/** What Ctrl-\ does where the terminal leaves it to the system; Windows has none. */
function quit(leave: () => void): void {
  if (process.platform === "win32") return;
  leave();
  endBy("SIGQUIT");
}

/** A line after one more key. */
function afterKey(typed: string, key: string): string {
  if (key === "\u0015") return "";
  if (key === "\u007f" || key === "\b") return [...typed].slice(0, -1).join("");
  return key >= " " && !/[\u0080-\u009f]/.test(key) ? typed + key : typed;
}

/** What makes one line on the screen the other, which has letters more or fewer at its end. */
const change = (from: string, to: string): string =>
  to.startsWith(from) ? to.slice(from.length) : RUB_OUT.repeat(textWidth(from.slice(to.length)));
