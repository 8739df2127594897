import { commandFailed } from "../errors.ts";
import { ProgramFailed, programOutput } from "./program-output.ts";

/**
 * What a command prints, run by a shell, within the limits of `programOutput`.
 *
 * @throws M2mcpError command_failed (exit 4)
 */
export async function runSecretCommand(
  command: string,
  env: Record<string, string | undefined>,
): Promise<Buffer> {
  try {
    return await programOutput(command, env);
  } catch (error) {
    throw error instanceof ProgramFailed ? commandFailed(error.message) : error;
  }
}
