import { withoutUrlSecrets } from "../failure.ts";
import { oneLine } from "../net/one-line.ts";

export type Level = "info" | "warning" | "error";

/** One line of a bridge's log. Never within: secrets, arguments, results. */
export interface LogEntry {
  atMs: number;
  level: Level;
  /** The JSON-RPC method it is about. */
  method: string | null;
  /** The id of the request, as the host wrote it. */
  id: string | null;
  text: string;
}

/** Longest text, method and id in a line, in characters. */
const LONGEST = { text: 1000, method: 60, id: 60 };

const LINE = /^(\S+) (info|warning|error) (\S+) ("(?:[^"\\]|\\.)*"|\S+) (.*)$/;

/** An entry as a line: time, level, method, id, text; a dash for what there is none of. */
export function lineOf({ atMs, level, method, id, text }: LogEntry): string {
  const word = (value: string | null, longest: number) =>
    value === null || value === "" ? "-" : oneLine(value, longest).replaceAll(" ", "_");
  const shown = withoutUrlSecrets(oneLine(text, LONGEST.text));
  return `${new Date(atMs).toISOString()} ${level} ${word(method, LONGEST.method)} ${word(id, LONGEST.id)} ${shown}`;
}

/** @returns null for what is no such line */
export function parseLine(line: string): LogEntry | null {
  const [, time = "", level = "", method = "", id = "", text = ""] = LINE.exec(line) ?? [];
  const atMs = Date.parse(time);
  if (Number.isNaN(atMs)) return null;
  const known = (word: string) => (word === "-" ? null : word);
  return { atMs, level: level as Level, method: known(method), id: known(id), text };
}
