import { systemFile } from "./files/stat.ts";

/** Signals that end a process that does not handle them, but for those that nobody can handle and the runtime's own (SIGPWR). */
const ENDING: readonly NodeJS.Signals[] = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGTERM",
  "SIGABRT",
  "SIGALRM",
  "SIGUSR1",
  "SIGUSR2",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGVTALRM",
  "SIGPROF",
  "SIGIO",
];

/** All that Windows tells a program of: Ctrl-C, Ctrl-Break, and a console that is being closed. */
const OF_A_CONSOLE = ["SIGINT", "SIGBREAK", "SIGHUP"] as const;
export type ConsoleSignal = (typeof OF_A_CONSOLE)[number];

/**
 * The signals that ask a program to end: those that are given and that who started it does not have it ignore, but on
 * Windows, where nobody can send them, what a console tells. All else ends a program there without its being asked.
 */
export const endRequests = <Signal extends NodeJS.Signals>(
  elsewhere: readonly Signal[],
  ignored: readonly NodeJS.Signals[],
  platform: string = process.platform,
): readonly (Signal | ConsoleSignal)[] =>
  platform === "win32" ? OF_A_CONSOLE : elsewhere.filter((signal) => !ignored.includes(signal));

/** What nohup(1), and a shell that starts a program in the background, have it ignore; their bits in a signal mask. */
const IGNORABLE = [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 4],
] as const;
/** Where Linux says which signals a process ignores. */
const STATUS = "/proc/self/status";

/**
 * Signals that are not for a process: a handler would take that back.
 *
 * @param status what Linux says of the process. Elsewhere a closed terminal counts as one of them: without a listener
 *   it ends the process all the same, but for one that nohup(1) has started
 */
export function ignoredIn(status: string): readonly NodeJS.Signals[] {
  const [, last] = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status) ?? [];
  if (last === undefined) return ["SIGHUP"];
  const mask = Number.parseInt(last, 16);
  const found: NodeJS.Signals[] = [];
  for (const [signal, bit] of IGNORABLE) if ((mask & bit) !== 0) found.push(signal);
  return found;
}

/** Those that this process was started to ignore; to be asked before anything listens to them. */
export const ignoredSignals = async (): Promise<readonly NodeJS.Signals[]> =>
  ignoredIn(await systemFile(STATUS).catch(() => ""));

/** Exit codes as a shell shows them elsewhere; Ctrl-Break is a person's word as Ctrl-C is. */
const EXITS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGBREAK: 130 };

/** What is needed of a process to end it. */
interface Ending {
  pid: number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
  exit(code: number): unknown;
}

/** Ends this process by a signal that it does not handle (any more). On Windows nothing but an exit code can tell of it. */
export function endBy(
  signal: NodeJS.Signals,
  platform: string = process.platform,
  self: Ending = process,
): void {
  if (platform === "win32") self.exit(EXITS[signal] ?? 1);
  else self.kill(self.pid, signal);
}

/** Listens to each signal that would end this process. @returns what takes that back */
export function listenToEnding(listener: (signal: NodeJS.Signals) => void): () => void {
  const signals = endRequests(ENDING, ignoredNow());
  for (const signal of signals)
    try {
      process.on(signal, listener);
    } catch {
      // Not every system has all of them.
    }
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

/** The same at once: a command that is started, or a person who is asked, is worth the loading of `node:fs`. */
function ignoredNow(): readonly NodeJS.Signals[] {
  try {
    return ignoredIn(process.getBuiltinModule("node:fs").readFileSync(STATUS, "utf8"));
  } catch {
    return ignoredIn("");
  }
}

/**
 * Runs `work` before a signal ends this process.
 *
 * @returns what takes that back
 */
export function beforeEndingSignal(work: () => void): () => void {
  const takeBack = listenToEnding((signal) => {
    takeBack();
    work();
    // Now it does what it would have done.
    endBy(signal);
  });
  return takeBack;
}
