// Commands that were started for us end with us, and so does all that they started: each is a process group of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { listenToEnding } from "./ending-signals.ts";

const running = new Set<ChildProcess>();
let stopListening = () => {};

/** How a command is started. */
export interface GroupUse {
  /** With them the command is a program, started without a shell. */
  args?: readonly string[] | undefined;
  /** What it gets on stdin; nothing unless given. */
  input?: string | undefined;
}

/**
 * Starts a command in a group of its own, away from the terminal: Ctrl-C reaches us alone, and we end it.
 *
 * @returns the shell that runs it, or the program; it must be given to `endGroup` in every case
 */
export function startGroup(
  command: string,
  env: Record<string, string | undefined>,
  { args, input }: GroupUse = {},
): ChildProcess {
  const child = spawn(command, args ?? [], {
    shell: args === undefined,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "ignore"],
    windowsHide: true,
    // On Windows there are no groups, and this would open a window.
    detached: process.platform !== "win32",
    env,
  });
  if (running.size === 0) {
    process.on("exit", endAll);
    stopListening = listenToEnding(onSignal);
  }
  running.add(child);
  // A command may end without reading all of it, or any.
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  return child;
}

/** Ends a command and all that it started and that did not leave its group. */
export function endGroup(child: ChildProcess): void {
  kill(child);
  if (!running.delete(child) || running.size > 0) return;
  process.off("exit", endAll);
  stopListening();
}

function kill(child: ChildProcess): void {
  const { pid } = child;
  try {
    if (pid === undefined) child.kill("SIGKILL");
    else if (process.platform === "win32") killTree(pid);
    else process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

/** There are no groups on Windows, and the shell's end alone would leave what it started. Waits, for we may be ending. */
function killTree(pid: number): void {
  spawnSync("taskkill", ["/pid", `${pid}`, "/t", "/f"], { windowsHide: true, stdio: "ignore" });
}

function endAll(): void {
  for (const child of running) kill(child);
}

/** Ends what runs; where nobody else listens to the signal, it then does what it would have done without us. */
function onSignal(signal: NodeJS.Signals): void {
  endAll();
  if (process.listenerCount(signal) > 1) return;
  stopListening();
  process.kill(process.pid, signal);
}
