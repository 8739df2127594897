/** Carries the arguments over to ourselves; good for this process alone. */
const VARIABLE = "M2MCP_ARGUMENTS";

interface Handed {
  pid: number;
  arguments: string[];
  /** What was in pipes of the shell, by their paths, in Base64. */
  pipes: Record<string, string>;
}

/** What is needed of the runtime: Bun has it on all systems but Windows. */
interface Executing {
  execve?(file: string, argv: readonly string[], env: Record<string, string | undefined>): never;
}

/**
 * The arguments of this program. Where some are secret, the program is started once more in the same process without
 * them: the system shows arguments to every user, and the runtime prints them when it crashes. Nothing else changes:
 * process id, streams and environment are the same, and what is in pipes of the shell (`<(command)`) is handed over, since
 * the runtime closes them.
 *
 * @param redacted the same arguments with what is secret left out
 */
export function ownArguments(redacted: (argv: readonly string[]) => readonly string[]): string[] {
  const argv = process.argv.slice(2);
  const handed = takeHanded();
  own = handed ?? argv;
  if (handed) return handed;
  const shown = redacted(argv);
  // No argument holds a NUL.
  if (shown.join("\0") === argv.join("\0")) return argv;
  // Where that cannot be, they stay in sight.
  execute(shown, argv, {});
  return argv;
}

let own: readonly string[] | undefined;
let isAgain = false;
let pipes: Readonly<Record<string, string>> = {};

/** What was read of a pipe of the shell before the program was started once more; undefined for all other files. */
export const handedPipe = (path: string): Buffer | undefined =>
  Object.hasOwn(pipes, path) ? Buffer.from(pipes[path] ?? "", "base64") : undefined;

/** Starts this program once more in the same process, with further variables. Returns only where that cannot be. */
export function startAgain(variables: Record<string, string>): void {
  if (own) execute(process.argv.slice(2), own, variables);
}

function execute(shown: readonly string[], argv: readonly string[], variables: Record<string, string>): void {
  try {
    const { execve } = process as Executing;
    const exists = () => process.getBuiltinModule("node:fs").existsSync(process.execPath);
    if (!execve || !isExecutable() || !exists()) return;
    // They are empty from here on, be the start a success or not.
    pipes = { ...pipes, ...readPipes(argv) };
    const handed = JSON.stringify({ pid: process.pid, arguments: argv, pipes });
    const env = { ...process.env, ...variables, [VARIABLE]: handed };
    execve.call(process, process.execPath, [process.argv0, ...shown], env);
  } catch {
    // Memory may be short.
  }
}

/** A descriptor that the shell has opened, by the path that stands for it. */
const DESCRIPTOR = /(?:^|[=@])(\/(?:dev|proc\/self)\/fd\/([3-9]|[1-9]\d+))$/;

/** Whether a path stands for what the shell had opened (`>(command)`), and the program was started once more since: it is closed. */
export const isClosedDescriptor = (path: string): boolean => isAgain && DESCRIPTOR.test(path);

/** What is in those pipes and files that arguments, and our variables, name by a descriptor. Waits for who writes there. */
function readPipes(argv: readonly string[]): Record<string, string> {
  const { fstatSync, readFileSync } = process.getBuiltinModule("node:fs");
  const found: Record<string, string> = {};
  const ours = Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith("M2MCP_") && value ? [value] : [],
  );
  for (const text of [...argv, ...ours]) {
    const [, path = "", number] = DESCRIPTOR.exec(text) ?? [];
    if (path === "" || path in pipes || path in found) continue;
    try {
      const kind = fstatSync(Number(number));
      if (kind.isFIFO() || kind.isFile()) found[path] = readFileSync(Number(number)).toString("base64");
    } catch {
      // It is none that can be read, such as of `>(command)`.
    }
  }
  return found;
}

/** What the start before has handed over; it is taken out, so that nothing that we start inherits it. */
function takeHanded(): string[] | undefined {
  const text = process.env[VARIABLE];
  if (text === undefined) return undefined;
  delete process.env[VARIABLE];
  try {
    const handed: Handed = JSON.parse(text);
    // Of another process it is none of ours.
    if (handed.pid !== process.pid || !Array.isArray(handed.arguments)) return undefined;
    pipes = handed.pipes;
    isAgain = true;
    return handed.arguments;
  } catch {
    // Not ours.
  }
  return undefined;
}

/** Whether this is the compiled program, not its source under a runtime with arguments of its own. */
const isExecutable = () => isEmbedded(import.meta.url);

/** Whether a module lies within the executable: its path is on no disk. */
export const isEmbedded = (path: string): boolean => path.includes("$bunfs") || path.includes("~BUN");
