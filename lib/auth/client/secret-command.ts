import { commandFailed } from "../errors.ts";
import { ProgramFailed, programOutput } from "./program-output.ts";

/** What a command is run for. */
interface CommandUse {
  /** The command as messages name it. */
  what?: string;
  /** What it gets on stdin; nothing unless given. */
  input?: string;
}

/**
 * What a command prints, run by a shell, within the limits of `programOutput`.
 *
 * @throws M2mcpError command_failed (exit 4)
 */
export async function runSecretCommand(
  command: string,
  env: Record<string, string | undefined>,
  { what, input }: CommandUse = {},
): Promise<Buffer> {
  try {
    return await programOutput(command, env, { input });
  } catch (error) {
    throw error instanceof ProgramFailed ? commandFailed(error.message, what) : error;
  }
}
