/**
 * What Ctrl-C does to this process where the terminal leaves it to the system: whoever listens to the signal is told,
 * and where nobody does, the process ends by it (130 in a shell).
 */
export function interrupt(): void {
  if (process.platform !== "win32") process.kill(process.pid, "SIGINT");
  // There is no such signal there: one would end the process whoever listens.
  else if (!process.emit("SIGINT", "SIGINT")) process.exit(130);
}
