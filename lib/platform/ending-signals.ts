/** Signals that end a process that does not handle them, but for those that nobody can handle. */
const SIGNALS: readonly NodeJS.Signals[] = [
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
  "SIGPWR",
];

/**
 * Runs `work` before a signal ends this process.
 *
 * @returns what takes that back
 */
export function beforeEndingSignal(work: () => void): () => void {
  const takeBack = () => {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    takeBack();
    work();
    // Now it does what it would have done.
    process.kill(process.pid, signal);
  };
  for (const signal of SIGNALS)
    try {
      process.on(signal, onSignal);
    } catch {
      // Not every system has all of them.
    }
  return takeBack;
}
