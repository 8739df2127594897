import { showControls } from "../../controls.ts";
import type { JsonObject } from "../../json.ts";
import { oneLine } from "../../net/one-line.ts";
import type { Typed } from "../prompt.ts";
import { inWords } from "./check-value.ts";
import { type Choice, type Field, fieldsOf, readTyped } from "./fields.ts";

/** What a person did with a question. */
export type Filled =
  | { action: "accept"; content?: JsonObject }
  | { action: "decline" | "cancel" }
  /** The whole command is not wanted any more. */
  | { action: "interrupt" };

/** Where a person reads and types. */
export interface TypedLines {
  /** Shows `prompt` and takes one line. @param over ends it as Ctrl-D does */
  ask(prompt: string, over: AbortSignal): Promise<Typed>;
  write(text: string): unknown;
}

/** Choices that are listed on lines of their own, rather than behind the label. */
const MANY_CHOICES = 6;
/** Longest prompt, and longest text around it, in characters. */
const [LONGEST_PROMPT, LONGEST_TEXT] = [500, 4000];

/** Lines of a server's, none of which can look like one of ours or steer the terminal. */
export const quoted = (text: string): string =>
  showControls(text.slice(0, LONGEST_TEXT).replaceAll("\r\n", "\n").trim(), "\n").replace(/^/gm, "  ");

const ended = ({ kind }: Typed): Filled => ({ action: kind === "interrupted" ? "interrupt" : "decline" });

/**
 * Lets a person fill in a form that a server asks for (MCP "Elicitation", form mode), a field after the other; what does
 * not suit is asked for again.
 *
 * @param host the server, as a person knows it
 * @param given what is filled in already: not asked for again
 */
export async function fillForm(
  lines: TypedLines,
  {
    host,
    message,
    schema,
    given = {},
  }: { host: string; message: string; schema: JsonObject; given?: JsonObject },
  signal: AbortSignal,
): Promise<Filled> {
  const fields = (await fieldsOf(schema)).filter(({ name }) => !(name in given));
  lines.write(`\n${host} asks (Ctrl-D declines):\n${quoted(message)}\n`);
  if (fields.length === 0) return confirm(lines, "  accept? [y/n] ", given, signal);
  const content: JsonObject = { ...given };
  for (const field of fields) {
    const filled = await fillField(lines, field, signal);
    if ("action" in filled) return filled;
    if (filled.kind === "value") content[field.name] = filled.value;
  }
  return { action: "accept", content };
}

async function fillField(lines: TypedLines, field: Field, signal: AbortSignal) {
  if (field.description !== "") lines.write(`${quoted(oneLine(field.description, LONGEST_PROMPT))}\n`);
  const choices = "choices" in field.kind ? field.kind.choices : [];
  if (choices.length > MANY_CHOICES) lines.write(`${choices.map(numbered).join("\n")}\n`);
  for (;;) {
    const line = await lines.ask(promptOf(field, choices), signal);
    if (line.kind !== "line") return ended(line);
    const typed = readTyped(field, line.text);
    if (typed.kind !== "wrong") return typed;
    lines.write(`  ${oneLine(typed.why, LONGEST_PROMPT)}\n`);
  }
}

const numbered = ({ title }: Choice, at: number) => `    ${at + 1} ${oneLine(title)}`;

/** `  Size (small, medium, large) [medium]: ` */
function promptOf(field: Field, choices: readonly Choice[]): string {
  const { default: usual } = field.schema;
  const listed = choices.length > 0 && choices.length <= MANY_CHOICES;
  const notes = [
    listed ? choices.map(({ title }) => title).join(", ") : "",
    field.kind.type === "boolean" ? "y/n" : "",
    field.kind.type === "choices" ? "some, with commas between" : "",
    field.isRequired ? "" : "optional",
  ].filter((note) => note !== "");
  const noted = notes.length > 0 ? ` (${notes.join("; ")})` : "";
  const offered = usual === undefined ? "" : ` [${inWords(titled(choices, usual))}]`;
  return `  ${oneLine(`${field.label}${noted}${offered}`, LONGEST_PROMPT)}: `;
}

/** A default as the list calls it. */
const titled = (choices: readonly Choice[], usual: unknown): unknown =>
  Array.isArray(usual)
    ? usual.map((one) => titled(choices, one))
    : (choices.find(({ value }) => value === usual)?.title ?? usual);

/** A plain yes or no. */
export async function confirm(
  lines: TypedLines,
  prompt: string,
  content: JsonObject | undefined,
  signal: AbortSignal,
): Promise<Filled> {
  for (;;) {
    const line = await lines.ask(prompt, signal);
    if (line.kind !== "line") return ended(line);
    if (/^y(es)?$/i.test(line.text.trim())) return { action: "accept", ...(content ? { content } : {}) };
    if (/^no?$/i.test(line.text.trim())) return { action: "decline" };
  }
}
