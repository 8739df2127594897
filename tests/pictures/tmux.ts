// A terminal that a person sits at: tmux, which says what its screen shows after each step.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../support/home.ts";
import { sleep } from "../support/waiting.ts";

export interface Terminal {
  /** Types, as fast as can be. */
  type(text: string): void;
  /** Presses a key by tmux's name for it. */
  press(key: "Enter" | "C-c" | "Down"): void;
  /** The lines of the screen with their colours, as SGR codes. */
  screen(): string[];
  /** Waits until the screen shows a text. */
  shows(text: RegExp): Promise<void>;
  /** Waits until nothing has changed for a moment. */
  rests(): Promise<void>;
  close(): void;
}

export interface Size {
  columns: number;
  rows: number;
}

const LIMIT_MS = 20_000;
const REST_MS = 350;

/** @param env what its shell has; HOME among it */
export function openTerminal({ columns, rows }: Size, env: Record<string, string>): Terminal {
  const socket = `m2mcp-pictures-${process.pid}-${Math.random().toString(36).slice(2)}`;
  const tmux = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], {
      encoding: "utf8",
      env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", TERM: "xterm-256color" },
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  };
  const variables = {
    PATH: `${join(ROOT, "build")}:${process.env.PATH ?? ""}`,
    ...env,
    LANG: "C.UTF-8",
    PS1: "\\[\\e[32m\\]$\\[\\e[0m\\] ",
    TERM: "xterm-256color",
  };
  const assigned = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const size = ["-x", String(columns), "-y", String(rows)];
  const shell = ["env", "-i", ...assigned, "bash", "--norc", "--noprofile"];
  tmux("-u", "new-session", "-d", ...size, "-c", env.HOME ?? "/", "--", ...shell);
  tmux("set", "status", "off");
  const screen = () => tmux("capture-pane", "-e", "-p", "-N").replace(/\n$/, "").split("\n");
  const waitFor = async (isMet: () => boolean, what: string) => {
    for (const endMs = Date.now() + LIMIT_MS; !isMet(); await sleep(30))
      if (Date.now() > endMs) throw new Error(`the screen never showed ${what}:\n${screen().join("\n")}`);
  };
  return {
    screen,
    type: (text) => void tmux("send-keys", "-l", "--", text),
    press: (key) => void tmux("send-keys", key),
    shows: (text) => waitFor(() => text.test(tmux("capture-pane", "-p", "-J")), String(text)),
    async rests() {
      let last = "";
      let sinceMs = Date.now();
      await waitFor(() => {
        const now = screen().join("\n");
        if (now !== last) [last, sinceMs] = [now, Date.now()];
        return Date.now() - sinceMs > REST_MS;
      }, "rest");
    },
    close: () => void tmux("kill-server"),
  };
}
