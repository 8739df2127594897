import type { Question, QuestionAnswer } from "../../hosts/one-off/caller.ts";
import { type Filled, fillForm, type TypedLines } from "../../ui/form/form.ts";
import { askVisit } from "../../ui/form/visit.ts";
import type { IO } from "../../ui/io.ts";
import { promptLine } from "../../ui/prompt.ts";
import { type Answers, suiting } from "./answers.ts";
import type { Leaving } from "./leaving.ts";

/** Who can answer. */
export interface Answering {
  io: IO;
  /** Whether a person is there to be asked. */
  isPerson: boolean;
  /** Given beforehand. */
  answers: Answers | undefined;
  note(line: string): void;
  leave: Leaving["leave"];
}

/** Answers a question of a server's: from what was given beforehand, then by asking the person who is there. */
export async function putQuestion(
  { io, isPerson, answers, note, leave }: Answering,
  host: string,
  question: Question,
  signal: AbortSignal,
): Promise<QuestionAnswer> {
  const given = question.mode === "form" ? answers?.next() : undefined;
  const found = question.mode === "form" && given ? await suiting(question.schema, given) : undefined;
  if (found?.lacks.length === 0) return { action: "accept", content: found.content };
  if (!isPerson) {
    const why = found ? found.lacks.join("; ") : "--answers holds no further ones";
    note(`declined what ${host} asks, since ${why}: ${question.message}`);
    return { action: "decline" };
  }
  const lines: TypedLines = {
    write: (text) => io.stderr.write(text),
    ask: (prompt, over) => promptLine(prompt, { hidden: false, over }, io.stdin, io.stderr),
  };
  const filled: Filled =
    question.mode === "url"
      ? await askVisit(lines, { host, ...question }, signal)
      : await fillForm(lines, { host, ...question, given: found?.content ?? {} }, signal);
  if (filled.action !== "interrupt") return filled;
  leave("SIGINT");
  return { action: "cancel" };
}
