import { commandFailed } from "../errors.ts";
import { ProgramFailed, programOutput } from "./program-output.ts";

/** What a command is run for. */
interface CommandUse {
  /** The command as messages name it. */
  what?: string | undefined;
  /** What it gets on stdin; nothing unless given. */
  input?: string;
  /** Ends it at once: nobody waits for it any more. */
  signal?: AbortSignal | undefined;
}

/**
 * What a command prints, run by a shell, within the limits of `programOutput`.
 *
 * @throws M2mcpError command_failed (exit 4); the signal's reason
 */
export async function runSecretCommand(
  command: string,
  env: Record<string, string | undefined>,
  { what, input, signal }: CommandUse = {},
): Promise<Buffer> {
  try {
    return await programOutput(command, env, { input, signal });
  } catch (error) {
    throw error instanceof ProgramFailed ? commandFailed(error.message, what) : error;
  }
}
