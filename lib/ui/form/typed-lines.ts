import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";

/** What a person did: typed a line, ended the input (Ctrl-D), or broke it off (Ctrl-C). */
export type TypedLine = { kind: "line"; text: string } | { kind: "end" } | { kind: "interrupt" };

/** Lines that a person types at a terminal, with its editing keys. */
export interface TypedLines {
  /** Shows `prompt` and takes one line. @param signal ends it as Ctrl-D does */
  ask(prompt: string, signal: AbortSignal): Promise<TypedLine>;
  write(text: string): void;
}

/** @param output takes the questions: stderr, so that stdout stays the result's */
export function typedLines(input: Readable, output: Writable): TypedLines {
  return {
    write: (text) => void output.write(text),
    ask: (prompt, signal) =>
      new Promise((resolve) => {
        const lines = createInterface({ input, output, terminal: true, historySize: 0 });
        let typed: TypedLine = { kind: "end" };
        const stop = () => lines.close();
        const finish = (what: TypedLine) => {
          typed = what;
          lines.close();
        };
        signal.addEventListener("abort", stop, { once: true });
        lines.on("SIGINT", () => finish({ kind: "interrupt" }));
        lines.on("close", () => {
          signal.removeEventListener("abort", stop);
          input.pause();
          if (typed.kind !== "line") output.write("\n");
          resolve(typed);
        });
        if (signal.aborted) stop();
        else lines.question(prompt, (text) => finish({ kind: "line", text }));
      }),
  };
}
