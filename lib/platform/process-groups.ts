// Commands that were started for us end with us, and so does all that they started: each is a process group of its own.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { endBy, listenToEnding } from "./ending-signals.ts";
import { systemProgram, windowsShell, windowsStart } from "./windows/programs.ts";

const running = new Set<ChildProcess>();
let stopListening = () => {};

type Environment = Record<string, string | undefined>;

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
 * @throws Error with code ENOENT where Windows has no such program
 */
export function startGroup(command: string, env: Environment, { args, input }: GroupUse = {}): ChildProcess {
  const { file, words, ...how } =
    process.platform === "win32"
      ? onWindows(command, args, env)
      : { file: command, words: args ?? [], shell: args === undefined };
  const child = spawn(file, words, {
    ...how,
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

function onWindows(command: string, args: readonly string[] | undefined, env: Environment) {
  if (args === undefined) return { file: command, words: [], shell: windowsShell(env) };
  const { statSync } = process.getBuiltinModule("node:fs");
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const start = windowsStart(command, args, env, isFile);
  if (!start) throw Object.assign(new Error(`there is no program ${command}`), { code: "ENOENT" });
  return {
    file: start.file,
    words: start.args,
    shell: false,
    windowsVerbatimArguments: start.isVerbatim,
  };
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
  spawnSync(systemProgram("taskkill.exe", process.env), ["/pid", `${pid}`, "/t", "/f"], {
    windowsHide: true,
    stdio: "ignore",
  });
}

function endAll(): void {
  for (const child of running) kill(child);
}

/** Ends what runs; where nobody else listens to the signal, it then does what it would have done without us. */
function onSignal(signal: NodeJS.Signals): void {
  endAll();
  if (process.listenerCount(signal) > 1) return;
  stopListening();
  endBy(signal);
}
