/** Signals that end a process that does not handle them, but for those that nobody can handle and the runtime's own (SIGPWR). */
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
];

/** Listens to each signal that would end this process. @returns what takes that back */
export function listenToEnding(listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of SIGNALS)
    try {
      process.on(signal, listener);
    } catch {
      // Not every system has all of them.
    }
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener);
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
    process.kill(process.pid, signal);
  });
  return takeBack;
}
