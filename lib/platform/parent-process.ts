// Who started this process, by name: what a person calls it, never its arguments, which may hold secrets.
import { readFile, readlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { linuxProcess } from "./host.ts";
import { PS, printed } from "./programs/printed.ts";
import { systemProgram } from "./windows/programs.ts";

/** Programs that only pass on what somebody else wanted. */
const PASSING_ON =
  /^(sh|bash|dash|zsh|fish|ksh|busybox|cmd|powershell|pwsh|env|npx|npm|timeout|nice)(\.exe)?$/i;
/** Programs that run a script, whose name says more. */
const INTERPRETER = /^(node|nodejs|bun|deno|python[\d.]*|ruby|java)(\.exe)?$/i;
/** Names of scripts that say nothing: the folder does. */
const NAMELESS = /^(cli|index|main|server|app|run|dist|bin|build|lib|src)$/i;
/** Shells that stand between. */
const MOST_STEPS = 4;

interface Seen {
  name: string;
  parent: number;
}

/** The program that started this one, shells between left out; null where the system does not say. */
export async function parentName(pid: number = process.ppid): Promise<string | null> {
  let first: string | null = null;
  for (let step = 0, at = pid; step < MOST_STEPS && at > 1; step++) {
    const seen = await look(at).catch(() => null);
    if (!seen) break;
    if (!PASSING_ON.test(seen.name)) return seen.name;
    first ??= seen.name;
    at = seen.parent;
  }
  return first;
}

function look(pid: number): Promise<Seen | null> {
  switch (process.platform) {
    case "linux":
      return lookOnLinux(pid);
    case "win32":
      return lookOnWindows(pid);
    default:
      return lookByPs(pid);
  }
}

async function lookOnLinux(pid: number): Promise<Seen | null> {
  const seen = linuxProcess(pid);
  if (!seen) return null;
  const { command, parent } = seen;
  // Of another user's process neither is to be seen.
  const path = (await readlink(`/proc/${pid}/exe`).catch(() => command)).replace(" (deleted)", "");
  // One that runs from memory has no file that a person knows.
  const program = path.startsWith("/memfd:") ? command : basename(path);
  const argv = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
  return { name: INTERPRETER.test(program) ? scriptName(argv) || program : program, parent };
}

/** What a script is called: the file, or the folder where the file's name says nothing. */
function scriptName([, ...argv]: readonly string[]): string {
  const script = argv.find((argument) => !argument.startsWith("-") && /[\\/]|\.\w+$/.test(argument));
  if (script === undefined) return "";
  for (let path = script.replaceAll("\\", "/"); path !== dirname(path); path = dirname(path)) {
    const name = basename(path).replace(/\.[cm]?[jt]s$|\.py$|\.rb$|\.jar$/, "");
    if (!NAMELESS.test(name)) return name;
  }
  return "";
}

async function lookByPs(pid: number): Promise<Seen | null> {
  const [, parent, path] =
    /^\s*(\d+)\s+(.+)$/.exec(await printed(PS, ["-o", "ppid=,comm=", "-p", `${pid}`])) ?? [];
  return path === undefined ? null : { name: basename(path.trim()), parent: Number(parent) };
}

async function lookOnWindows(pid: number): Promise<Seen | null> {
  const line = await printed(systemProgram("tasklist.exe", process.env), [
    "/FI",
    `PID eq ${pid}`,
    "/FO",
    "CSV",
    "/NH",
  ]);
  const name = /^"([^"]+)"/.exec(line)?.[1];
  // Parents are told by nothing that is quick.
  return name === undefined ? null : { name: name.replace(/\.exe$/i, ""), parent: 0 };
}

/** When a process began, in ms since 1970, where only its id could tell it from a later one; null where that is not said. */
export async function beganAtMs(pid: number): Promise<number | null> {
  if (process.platform === "linux") return null;
  const text =
    process.platform === "win32"
      ? await printed(systemProgram("WindowsPowerShell\\v1.0\\powershell.exe", process.env), [
          "-NoProfile",
          "-NonInteractive",
          "-Command",
          `(Get-Process -Id ${Math.trunc(pid)}).StartTime.ToUniversalTime().ToString('o')`,
        ]).catch(() => "")
      : await printed(PS, ["-o", "lstart=", "-p", `${pid}`]).catch(() => "");
  const atMs = Date.parse(text.trim());
  return Number.isNaN(atMs) ? null : atMs;
}
