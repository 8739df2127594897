import type { Readable, Writable } from "node:stream";

/** Asks at a terminal, on stderr, so that stdout stays the result's. */
export interface Asking {
  /** One line as typed; null when input has ended. */
  ask(question: string): Promise<string | null>;
  end(): void;
}

/** Keeps what was typed ahead for the next question. */
export async function openAsking(input: Readable, output: Writable): Promise<Asking> {
  const { createInterface } = await import("node:readline");
  const lines = createInterface({ input, terminal: false });
  const typed: string[] = [];
  let waiting: ((line: string | null) => void) | undefined;
  let hasEnded = false;
  const give = (line: string | null) => {
    const wake = waiting;
    waiting = undefined;
    wake?.(line);
  };
  lines.on("line", (line) => (waiting ? give(line) : typed.push(line)));
  lines.on("close", () => {
    hasEnded = true;
    give(null);
  });
  return {
    ask(question) {
      output.write(question);
      const next = typed.shift();
      if (next !== undefined) return Promise.resolve(next);
      if (hasEnded) return Promise.resolve(null);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    end() {
      lines.close();
      input.pause();
    },
  };
}
