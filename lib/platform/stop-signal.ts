/**
 * Runs `before` ahead of a stop that may be handled (SIGTSTP), and `after` once this process goes on.
 *
 * @returns what takes that back
 */
export function listenToStop(before: () => void, after: () => void): () => void {
  const onStop = () => {
    before();
    // SIGTSTP itself would only come here again.
    process.kill(process.pid, "SIGSTOP");
  };
  const stops = process.platform !== "win32";
  if (stops) process.on("SIGTSTP", onStop).on("SIGCONT", after);
  return () => {
    if (stops) process.off("SIGTSTP", onStop).off("SIGCONT", after);
  };
}
