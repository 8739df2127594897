import { showControls } from "../controls.ts";
import { interrupt } from "../platform/interrupt.ts";
import { type IO, isAskable } from "./io.ts";
import { promptLine } from "./prompt.ts";

/** One of several answers. */
export interface Choice<Value> {
  value: Value;
  /** In words for a person. */
  about: string;
}

/** A person at a terminal who can be asked. Null stands for no answer: input has ended. */
export interface Asker {
  /** Says a line ahead of questions. */
  say(line: string): void;
  /** One line, without the spaces around it. @param usual what Enter alone stands for */
  line(question: string, usual?: string): Promise<string | null>;
  /** One line that is not shown, as it was typed. */
  hidden(question: string): Promise<string | null>;
  /** One of several, by its number; the first by Enter alone. */
  choice<Value>(question: string, choices: readonly Choice<Value>[]): Promise<Value | null>;
  /** @param usual what Enter alone stands for */
  yes(question: string, usual: boolean): Promise<boolean | null>;
}

/** Yes or no, or the beginning of it. */
const YES_OR_NO = /^ *(?:y|ye|yes|no?)? *$/i;

/** Questions that are asked once more before they count as not answered. */
const MOST_TRIES = 3;

/**
 * Who can be asked: nobody where stdin is no terminal, or where a question would not be seen. Ctrl-C at a question does
 * what it does elsewhere.
 */
export function askerAt(io: Pick<IO, "stdin" | "stderr">): Asker | undefined {
  if (!isAskable(io)) return undefined;
  const { stdin, stderr } = io;

  async function typed(question: string, hidden: boolean, like?: RegExp): Promise<string | null> {
    const mode = { hidden, ...(like ? { like } : {}) };
    const answer = await promptLine(showControls(question), mode, stdin, stderr);
    if (answer.kind === "interrupted") interrupt();
    return answer.kind === "line" ? answer.text : null;
  }
  const say = (line: string) => void stderr.write(`${showControls(line)}\n`);

  return {
    say,

    async line(question, usual) {
      const text = await typed(usual === undefined ? `${question}: ` : `${question} [${usual}]: `, false);
      return text === null ? null : text.trim() || (usual ?? "");
    },

    hidden: (question) => typed(`${question}: `, true),

    async choice(question, choices) {
      say(`${question}:`);
      const number = new RegExp(`^ *\\d{0,${String(choices.length).length}} *$`);
      for (const [at, { about }] of choices.entries()) say(`  ${at + 1}  ${about}`);
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const text = await typed(`1 to ${choices.length} [1]: `, false, number);
        if (text === null) return null;
        const chosen = choices[Number(text.trim() || "1") - 1];
        if (chosen) return chosen.value;
        say("that is no number of one of them, and was not taken");
      }
      return null;
    },

    async yes(question, usual) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const text = await typed(`${question} [${usual ? "Y/n" : "y/N"}]: `, false, YES_OR_NO);
        if (text === null) return null;
        const word = text.trim().toLowerCase();
        if (word === "") return usual;
        if (["y", "yes"].includes(word)) return true;
        if (["n", "no"].includes(word)) return false;
        say("that is neither y nor n, and was not taken");
      }
      return null;
    },
  };
}
