import type { Readable } from "node:stream";
import { beforeEndingSignal } from "../platform/ending-signals.ts";
import { listenToStop } from "../platform/stop-signal.ts";
import type { Sink } from "../platform/streams/sink.ts";

/** What arrow and function keys send, and a terminal around what is pasted. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how they begin
const ESCAPE_SEQUENCE = /\u001b(?:\[[\d;?]*[@-~]|O.)/g;

/** A terminal to type at. */
type Terminal = Readable & { isTTY?: boolean; setRawMode?(on: boolean): unknown };

/**
 * Asks for one line without showing what is typed (on stderr, so that stdout stays the result's).
 *
 * @returns the line; null when input ended or was broken off (Ctrl-C, Ctrl-D)
 */
export function promptHidden(question: string, input: Terminal, output: Sink): Promise<string | null> {
  // Whatever ends us must not leave a shell without echo behind.
  const ending = beforeEndingSignal(() => input.setRawMode?.(false));
  // And whatever stops us: the shell has the terminal until we go on.
  const stopping = listenToStop(
    () => input.setRawMode?.(false),
    () => {
      input.setRawMode?.(true);
      output.write(`\n${question}`);
    },
  );
  // First of all: who sees the question may type, and a terminal shows it until then.
  input.setRawMode?.(true);
  output.write(question);
  return new Promise((resolve) => {
    let typed = "";
    const finish = (answer: string | null) => {
      input.off("data", read).off("end", ended);
      input.setRawMode?.(false);
      ending();
      stopping();
      input.pause();
      output.write("\n");
      resolve(answer);
    };
    const ended = () => finish(typed === "" ? null : typed);
    const read = (chunk: Buffer | string) => {
      for (const key of chunk.toString().replace(ESCAPE_SEQUENCE, "")) {
        if (key === "\r" || key === "\n") return finish(typed);
        if (key === "\u0003" || key === "\u0004") return finish(null);
        if (key === "\u0015") typed = "";
        else if (key === "\u007f" || key === "\b") typed = [...typed].slice(0, -1).join("");
        else if (key >= " ") typed += key;
      }
    };
    input.on("data", read).on("end", ended);
    input.resume();
  });
}
