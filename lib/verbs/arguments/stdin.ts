import { fstatSync } from "node:fs";
import type { Command } from "../../command-line/command.ts";
import { offsetOf } from "../../platform/files/offset.ts";
import { nothingOnStdin } from "../../platform/windows/pasteable.ts";
import { readStdinBytes } from "../read-stdin.ts";
import { textIn } from "./text-in.ts";

/** How long a program that started this one has for the first byte of arguments, unless `-` asks for them. */
const FIRST_BYTE_MS = 1000;
/** Longest arguments on stdin, in bytes: what is made of them takes several times as much. */
const MAX_STDIN_BYTES = 128 * 1024 * 1024;
/** A command that reads stdin says so when it has waited this long, in ms. */
const NOTE_AFTER_MS = 3000;

/** All of stdin, where an argument asks for it; says so when that takes long. @throws M2mcpError (exit 1) */
export async function askedStdin(command: Command): Promise<string> {
  const waits = setTimeout(
    () => command.output.note(`waiting for the end of stdin, for arguments; with none: ${nothingOnStdin()}`),
    NOTE_AFTER_MS,
  );
  const bytes = await readStdinBytes(command, MAX_STDIN_BYTES, "arguments").finally(() =>
    clearTimeout(waits),
  );
  return textIn(bytes, "stdin");
}

/**
 * What stands on stdin for a call that lacks its arguments; undefined where stdin is somebody else's: a terminal, a socket
 * on which nothing comes, a file that another program has begun to read, as a shell's loop has.
 */
export async function offeredStdin(command: Command): Promise<string | undefined> {
  let kind = stdinKind(command);
  if (kind === "pipe" && process.platform === "win32") {
    const { isSpawnedPipe } = await import("../../platform/windows/spawned-pipe.ts");
    if (await isSpawnedPipe()) kind = "socket";
  }
  if (kind === "none" || (kind === "socket" && !(await startsSoon(command)))) return undefined;
  return askedStdin(command);
}

/** A shell's pipe or file ends by itself; a socket from another program's spawn may stay open for ever. */
function stdinKind({ io: { stdin } }: Command): "pipe" | "socket" | "none" {
  if (stdin.isTTY) return "none";
  if (stdin.fd === undefined) return "pipe";
  try {
    const stat = fstatSync(stdin.fd);
    if (stat.isFile()) return offsetOf(stdin.fd) > 0 ? "none" : "pipe";
    if (stat.isFIFO()) return "pipe";
    return stat.isSocket() ? "socket" : "none";
  } catch {
    return "none";
  }
}

function startsSoon({ io: { stdin } }: Command): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (started: boolean) => {
      clearTimeout(timer);
      stdin.off("readable", readable).off("end", readable);
      if (!started) stdin.pause();
      resolve(started);
    };
    const readable = () => finish(true);
    const timer = setTimeout(() => finish(false), FIRST_BYTE_MS);
    stdin.on("readable", readable).on("end", readable);
  });
}
