import type { ChildProcess } from "node:child_process";
import { codeOf } from "../../platform/error-code.ts";
import { endGroup, type GroupUse, startGroup } from "../../platform/process-groups.ts";
import { badEnd, inheritedVariables, NOT_STARTED } from "../../platform/programs/others.ts";

const LIMIT_MS = 30_000;
const LIMIT_BYTES = 1024 * 1024;
/** What a program started may hold its pipe open; after its own end that is waited for so long, in ms. */
const LINGER_MS = 250;

/** How a program is run, and what ends it before its time. */
interface ProgramUse extends GroupUse {
  signal?: AbortSignal | undefined;
}

/** A program gave no output that counts; its message says why, and quotes nothing of it. */
export class ProgramFailed extends Error {
  /** The program is not there. */
  readonly isMissing: boolean;
  constructor(why: string, isMissing = false) {
    super(why);
    this.isMissing = isMissing;
  }
}

/**
 * What a program prints, which goes nowhere else: standard error is not shown, since it may hold the secret too. The
 * program ends with us, and with its limits of time and size.
 *
 * @param use with `args` a program is started by its name alone; without, a shell runs the command
 * @throws ProgramFailed; the signal's reason
 */
export async function programOutput(
  command: string,
  env: Record<string, string | undefined>,
  { signal, ...use }: ProgramUse = {},
): Promise<Buffer> {
  signal?.throwIfAborted();
  if (command.trim() === "") throw new ProgramFailed("it is empty");
  return outputOf(started(command, inheritedVariables(env), use), signal);
}

function started(...what: Parameters<typeof startGroup>): ChildProcess {
  try {
    return startGroup(...what);
  } catch (error) {
    throw notStarted(error);
  }
}

const notStarted = (error: unknown) => new ProgramFailed(NOT_STARTED, codeOf(error) === "ENOENT");

function outputOf(child: ChildProcess, signal: AbortSignal | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { stdout } = child;
    const parts: Buffer[] = [];
    let size = 0;
    let linger: ReturnType<typeof setTimeout> | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      clearTimeout(linger);
      signal?.removeEventListener("abort", giveUp);
      stdout?.destroy();
      endGroup(child);
      settle();
    };
    const fail = (why: string) => end(() => reject(new ProgramFailed(why)));
    const giveUp = () => end(() => reject(signal?.reason));
    signal?.addEventListener("abort", giveUp);
    const timer = setTimeout(() => fail(`it did not end within ${LIMIT_MS / 1000} s`), LIMIT_MS);
    const finish = (code: number | null, by: string | null) => {
      const bad = badEnd(code, by);
      if (bad === undefined) end(() => resolve(Buffer.concat(parts)));
      else fail(bad);
    };
    stdout?.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size > LIMIT_BYTES) fail("it printed more than 1 MiB");
    });
    child.on("error", (error) => end(() => reject(notStarted(error))));
    child.on("close", finish);
    child.on("exit", (code, by) => {
      linger = setTimeout(() => finish(code, by), LINGER_MS);
    });
  });
}
