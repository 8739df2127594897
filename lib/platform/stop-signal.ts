/** Who puts things in order around a stop. */
export interface StopListener {
  /** What Ctrl-Z does where the terminal leaves it to the system: all that a shell has started together stops. */
  stopAll(): void;
  /** Stops are the system's alone again. */
  end(): void;
}

/** Runs `before` ahead of a stop that may be handled (SIGTSTP), and `after` once this process goes on. */
export function listenToStop(before: () => void, after: () => void): StopListener {
  if (process.platform === "win32") return { stopAll: () => {}, end: () => {} };
  let state: "listening" | "stopping" | "ended" = "listening";
  const resume = () => {
    state = "listening";
    after();
  };
  /** @param whom this process, or 0 for all of its group */
  const stop = (whom: number) => {
    // While the terminal is ours still: the shell takes it once the first of the group has stopped.
    before();
    state = "stopping";
    // Without a listener the system says whether this stops: not where no shell could have the process go on.
    process.off("SIGTSTP", onStop);
    process.kill(whom, "SIGTSTP");
    process.on("SIGTSTP", onStop);
    setImmediate(() => {
      if (state === "stopping") resume();
    });
  };
  const onStop = () => stop(process.pid);
  process.on("SIGTSTP", onStop).on("SIGCONT", resume);
  return {
    stopAll: () => stop(0),
    end() {
      state = "ended";
      process.off("SIGTSTP", onStop).off("SIGCONT", resume);
    },
  };
}
