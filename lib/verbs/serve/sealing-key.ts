import { grantOf } from "../../auth/credentials.ts";
import { secretOf } from "../../auth/sharing/shared-secret.ts";
import type { Command } from "../../command-line/command.ts";
import { randomBytes } from "../../platform/random.ts";
import { stretchedKey } from "../../platform/stretched-key.ts";
import type { Target } from "../target/target.ts";

const KEY_BYTES = 32;

/**
 * The key that seals what clients keep: of M2MCP_PASSPHRASE, else of the client's secret or private key, so that all who
 * have the same go on with each other's sessions, as the same clients of authorization servers: a session that was opened
 * as one of them is no other's. Without any secret, one of this process alone.
 *
 * @throws M2mcpError where the secret cannot be read
 */
export async function sealingKey({ io, output }: Command, targets: readonly Target[]): Promise<Uint8Array> {
  const secret = io.env.M2MCP_PASSPHRASE || (await secretsOf(io.env, targets)).join("\n");
  const clients = targets.map(({ credentials }) => grantOf(credentials)?.clientId ?? null);
  if (secret) return stretchedKey(secret, JSON.stringify(["m2mcp serve, 2", clients]));
  output.step(
    "no secret is shared with other processes: sessions end with this one, unless M2MCP_PASSPHRASE is set",
  );
  return randomBytes(KEY_BYTES);
}

async function secretsOf(env: Command["io"]["env"], targets: readonly Target[]): Promise<string[]> {
  const secrets = await Promise.all(
    targets.map(({ credentials }) =>
      credentials && credentials.grant !== null ? secretOf(credentials, env) : undefined,
    ),
  );
  return secrets.flatMap((secret) => (secret?.text ? [secret.text] : []));
}
