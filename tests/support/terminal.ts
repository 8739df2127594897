// The executable at a pseudo-terminal: what a person sees and types.
import { BINARY, type Home } from "./home.ts";

export interface Screen {
  /** All that the terminal was sent, lines ended by LF. */
  text(): string;
  type(keys: string): void;
  /** Types once the screen, from what was typed last on, shows a text. */
  answer(question: RegExp, keys: string): Promise<void>;
  /** Resolves once the screen, from what was typed last on, shows a text. */
  shows(what: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** How it ended: its exit code, or the signal. */
  ended: Promise<number | string>;
}

/** Keys as a terminal sends them. */
export const KEYS = { enter: "\r", ctrlC: "\u0003", ctrlD: "\u0004", ctrlZ: "\u001a", quit: "\u001c" };

/** How long a text is waited for, in ms. */
const LIMIT_MS = 20_000;

/**
 * Runs the executable at a terminal.
 *
 * @param options.shell a line for `sh`, in which `"$@"` is the command, in place of the command alone
 */
export function atTerminal(
  home: Home,
  args: string[],
  options: { env?: Record<string, string>; columns?: number; shell?: string } = {},
): Screen {
  const { env, columns = 80, shell } = options;
  const command = [BINARY, ...args];
  const decoder = new TextDecoder();
  let text = "";
  let from = 0;
  const child = Bun.spawn(shell === undefined ? command : ["sh", "-c", shell, "sh", ...command], {
    cwd: home.folder,
    env: { ...home.env, TERM: "xterm-256color", NO_COLOR: "1", ...env },
    terminal: {
      cols: columns,
      rows: 24,
      data: (_terminal, bytes) => {
        text += decoder.decode(bytes, { stream: true }).replaceAll("\r\n", "\n");
      },
    },
  });
  home.owns({ stop: () => child.kill("SIGKILL") });
  const type = (keys: string) => {
    from = text.length;
    child.terminal?.write(keys);
  };
  async function shows(what: RegExp) {
    for (const endMs = Date.now() + LIMIT_MS; !what.test(text.slice(from)); await Bun.sleep(5))
      if (Date.now() > endMs || (child.exitCode !== null && child.killed))
        throw new Error(`the screen never showed ${what}: ${text}`);
  }
  return {
    text: () => text,
    type,
    shows,
    async answer(question, keys) {
      await shows(question);
      type(keys);
    },
    signal: (name) => child.kill(name),
    ended: child.exited.then(async () => {
      // What was written last is read a moment later.
      await Bun.sleep(20);
      return child.exitCode ?? child.signalCode ?? "gone";
    }),
  };
}
