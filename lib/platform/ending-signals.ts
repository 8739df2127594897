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
 * The signals that ask a program to end: those that are given, but on Windows, where nobody can send them, what a console
 * tells. All else ends a program there without its being asked.
 */
export const endRequests = <Signal extends NodeJS.Signals>(
  elsewhere: readonly Signal[],
  platform: string = process.platform,
): readonly (Signal | ConsoleSignal)[] => (platform === "win32" ? OF_A_CONSOLE : elsewhere);

/**
 * Whether who started this process has it go on when its terminal is closed, as nohup(1) does: a handler would take that
 * back. Where the system does not say so, that is taken to be wanted.
 */
export function isHangUpIgnored(): boolean {
  try {
    const { readFileSync } = process.getBuiltinModule("node:fs");
    const [, mask = ""] =
      /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    return mask === "" || (Number.parseInt(mask, 16) & 1) === 1;
  } catch {
    return true;
  }
}

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
  const signals = endRequests(ENDING);
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
