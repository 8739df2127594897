import type { SigningSource } from "../../credentials.ts";
import type { AuthDeps } from "../../deps.ts";
import { readPem, readSecret } from "../secrets.ts";
import { signByCommand } from "./sign-command.ts";
import type { SigningKey } from "./signer.ts";

/**
 * The key that signs assertions, as it is by now.
 *
 * @param deps what commands inherit, less our own secrets, and what ends them
 * @throws M2mcpError unreadable secrets
 */
export async function readSigningKey(
  { key, passphrase, keyId, signingAlg, certificate }: SigningSource,
  deps: Pick<AuthDeps, "env" | "signal">,
): Promise<SigningKey> {
  const { env, signal } = deps;
  const signing = {
    ...(keyId === undefined ? {} : { keyId }),
    ...(signingAlg === undefined ? {} : { signingAlg }),
    ...(certificate ? { certificate: await readPem(certificate, env) } : {}),
  };
  if (key.from === "sign-command")
    return { ...signing, sign: (alg, input) => signByCommand(key.command, deps, alg, input) };
  return {
    ...signing,
    text: await readPem(key, env),
    ...(passphrase ? { passphrase: await readSecret(passphrase, env, undefined, signal) } : {}),
  };
}
