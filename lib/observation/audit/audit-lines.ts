// Lines on stderr, for who reads what services say: journald and syslog know how grave one is by its first characters.
import { fstatSync } from "node:fs";
import type { Sink } from "../../platform/streams/sink.ts";

/** Severities of RFC 5424, as journald (sd-daemon(3)) and logger(1) --prio-prefix read them. */
const INFO = "<6>";
const WARNING = "<4>";
const STDERR = 2;

/** Whether stderr is the journal's (systemd.exec(5), `$JOURNAL_STREAM`): device and inode of what it is. */
export function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(STDERR);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

/** A line of the audit with its severity before it. */
const prioritized = (line: string): string =>
  `${/"outcome":"(ok|input_required)"/.test(line) ? INFO : WARNING}${line}`;

/** @param isPrioritized whether each line begins with how grave it is */
export const writeTo = (stderr: Sink, isPrioritized: boolean) => (line: string) =>
  void stderr.write(`${isPrioritized ? prioritized(line) : line}\n`);
