import type { SecretSource } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { isObject } from "../../json.ts";
import { randomBytes } from "../../platform/random.ts";
import type { Target } from "../target/target.ts";

const KEY_BYTES = 32;
/** A client's secret may be a word that a person thought of (RFC 7914). */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 } as const;

/**
 * The key that seals what clients keep: of M2MCP_PASSPHRASE, else of the client's secret or private key, so that all who
 * have the same go on with each other's sessions. Without any, one of this process alone.
 *
 * @throws M2mcpError where the secret cannot be read
 */
export async function sealingKey({ io, output }: Command, targets: readonly Target[]): Promise<Uint8Array> {
  const secrets = io.env.M2MCP_PASSPHRASE ? [] : await secretsOf(io.env, targets);
  const secret = io.env.M2MCP_PASSPHRASE || secrets.join("\n");
  if (!secret) {
    output.step(
      "no secret is shared with other processes: sessions end with this one, unless M2MCP_PASSPHRASE is set",
    );
    return randomBytes(KEY_BYTES);
  }
  const { scrypt } = process.getBuiltinModule("node:crypto");
  return new Promise((resolve, reject) =>
    scrypt(secret, "m2mcp serve, 1", KEY_BYTES, SCRYPT, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  );
}

async function secretsOf(env: Command["io"]["env"], targets: readonly Target[]): Promise<string[]> {
  const secrets = await Promise.all(targets.map((target) => credentialSecret(env, target)));
  return secrets.filter((secret) => secret !== undefined && secret !== "") as string[];
}

async function credentialSecret(
  env: Command["io"]["env"],
  { credentials }: Target,
): Promise<string | undefined> {
  if (!credentials || credentials.grant === null) return undefined;
  const { authentication } = credentials;
  const { readPem, readSecret } = await import("../../auth/client/secrets.ts");
  if (authentication.kind === "secret") return readSecret(authentication.secret, env);
  if (authentication.kind !== "private_key" || !isReadable(authentication.key)) return undefined;
  return readPem(authentication.key, env);
}

const isReadable = (source: unknown): source is SecretSource =>
  isObject(source) && ["value", "file", "command"].includes(String(source.from));
