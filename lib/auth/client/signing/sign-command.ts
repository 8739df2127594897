import type { AuthDeps } from "../../deps.ts";
import { commandFailed } from "../../errors.ts";
import { runSecretCommand } from "../secret-command.ts";
import { expectedForm, joseSignature } from "./signature.ts";

const WHAT = "the command of --sign-command";

/**
 * Has a command sign, whose key stays where it is: it gets the signing input of a JWS (RFC 7515 §5.1) on stdin, and
 * prints the signature.
 *
 * @param deps what the command inherits, less our own secrets, and what ends it
 * @throws M2mcpError command_failed (exit 4), which repeats nothing of what was printed; the signal's reason
 */
export async function signByCommand(
  command: string,
  { env, signal }: Pick<AuthDeps, "env" | "signal">,
  alg: string,
  signingInput: string,
): Promise<Buffer> {
  const printed = await runSecretCommand(command, env, { what: WHAT, input: signingInput, signal });
  const signature = joseSignature(printed, alg);
  if (signature) return signature;
  const printedWhat = printed.length === 0 ? "it printed nothing" : `it printed ${printed.length} bytes`;
  throw commandFailed(
    `${printedWhat}, and a signature of ${alg} has ${expectedForm(alg)}, raw or as base64`,
    WHAT,
  );
}
