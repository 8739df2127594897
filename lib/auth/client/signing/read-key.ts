import type { SigningSource } from "../../credentials.ts";
import { readPem, readSecret } from "../secrets.ts";
import { signByCommand } from "./sign-command.ts";
import type { SigningKey } from "./signer.ts";

/**
 * The key that signs assertions, as it is by now.
 *
 * @param env what commands inherit, less our own secrets
 * @throws M2mcpError unreadable secrets
 */
export async function readSigningKey(
  { key, passphrase, keyId, signingAlg, certificate }: SigningSource,
  env: Record<string, string | undefined>,
): Promise<SigningKey> {
  const signing = {
    ...(keyId === undefined ? {} : { keyId }),
    ...(signingAlg === undefined ? {} : { signingAlg }),
    ...(certificate ? { certificate: await readPem(certificate, env) } : {}),
  };
  if (key.from === "sign-command")
    return { ...signing, sign: (alg, input) => signByCommand(key.command, env, alg, input) };
  return {
    ...signing,
    text: await readPem(key, env),
    ...(passphrase ? { passphrase: await readSecret(passphrase, env) } : {}),
  };
}
