import { textOf, trimmedText } from "../../plain-text.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { readRegularFile } from "../../platform/files/read-file.ts";
import type { AssertionSource, SecretSource, SignedAssertion } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { commandFailed, secretMissing, secretUnreadable, variableMissing } from "../errors.ts";
import type { Audience } from "../platforms/audience.ts";
import type { IdentityMeans } from "../platforms/deps.ts";
import { platformNamed } from "../platforms/names.ts";
import type { PlatformSource } from "../platforms/platform.ts";
import { faultIn } from "./faults.ts";
import { pemText } from "./pem.ts";
import { type ClientSecret, clientSecretIn, inOneLine } from "./registration.ts";
import { runSecretCommand } from "./secret-command.ts";

/** Longest file of a secret, in bytes. */
const MAX_BYTES = 1024 * 1024;
/** How long a file may take, in ms: `<(command)` is one, and takes as long as its command. */
const FILE_TIMEOUT_MS = 30_000;

type Environment = Record<string, string | undefined>;

/**
 * The secret that a source yields now: without a byte order mark and the line ends at its end, from UTF-8 or UTF-16. The
 * answer to a client's registration, which holds one, comes in one line.
 *
 * @param env what a command inherits, less our own secrets
 * @param name the source as messages name it; its path unless given
 * @param signal ends a command that is asked
 * @throws M2mcpError secret_unreadable, command_failed (exit 4)
 */
export async function readSecret(
  source: SecretSource,
  env: Environment,
  name?: string,
  signal?: AbortSignal,
): Promise<string> {
  const secret = inOneLine(trimmedText(await readText(source, env, name, { signal })));
  requireText(secret, source, name);
  const fault = faultIn(secret);
  if (fault !== undefined) throw unreadable(source, name, fault, `of what it printed, ${fault}`);
  return secret;
}

/**
 * The client's secret as it is sent, also out of the answer to its registration; when it ends, where that says so.
 *
 * @throws M2mcpError as `readSecret`
 */
export const readClientSecret = async (
  source: SecretSource,
  { env, signal }: Pick<AuthDeps, "env" | "signal">,
): Promise<ClientSecret> => clientSecretIn(await readSecret(source, env, undefined, signal));

/**
 * The key or certificate that a source yields now, as PEM or JWK whatever was done to its lines.
 *
 * @throws M2mcpError as `readSecret`
 */
export async function readPem(source: SecretSource, env: Environment, name?: string): Promise<string> {
  const pem = pemText(await readText(source, env, name));
  requireText(pem, source, name);
  return pem;
}

/**
 * What a source yields now as a token, or as JSON that holds one: its lines stay as they are.
 *
 * @param name the source as messages name it
 * @throws M2mcpError as `readSecret`
 */
export async function readTokenText(
  source: SecretSource,
  { env, signal }: Pick<AuthDeps, "env" | "signal">,
  name: string,
): Promise<string> {
  const text = trimmedText(await readText(source, env, name, { signal }));
  requireText(text.trim(), source, name);
  return text;
}

async function readText(
  source: SecretSource,
  env: Environment,
  name: string | undefined,
  use: Parameters<typeof runSecretCommand>[2] = {},
): Promise<string> {
  switch (source.from) {
    case "value":
      return source.value;
    case "missing":
      throw secretMissing();
    case "file":
      return textOf(await readFile(source.path, name ?? source.path));
    case "command":
      return textOf(await runSecretCommand(source.command, env, { what: name, ...use }));
  }
}

async function readFile(path: string, name: string): Promise<Buffer> {
  try {
    const limits = { maxBytes: MAX_BYTES, timeoutMs: FILE_TIMEOUT_MS, pipes: true };
    return (await readRegularFile(path, limits)).bytes;
  } catch (error) {
    throw secretUnreadable(name, reasonOf(error));
  }
}

function requireText(text: string, source: SecretSource, name: string | undefined): void {
  if (text === "") throw unreadable(source, name, "it is empty", "it printed nothing");
}

function unreadable(source: SecretSource, name: string | undefined, why: string, printed: string) {
  if (source.from === "command") return commandFailed(printed, name);
  return secretUnreadable(name ?? (source.from === "file" ? source.path : "the stored secret"), why);
}

/**
 * A ready-made assertion: from a file, command or variable, or from the platform that this machine is on.
 *
 * @param audience whom the assertion is for; what is there already has chosen
 * @throws M2mcpError secret_unreadable, command_failed, no_identity, insecure_url, network failures
 */
export async function readAssertion(
  source: AssertionSource,
  audience: Audience,
  deps: IdentityMeans,
): Promise<string> {
  if (source.from === "env") return readVariable(source.name, deps.env);
  if (!isPlatformSource(source)) {
    const name = source.from === "command" ? "the command that should print the token" : undefined;
    const token = (await readSecret(source, deps.env, name, deps.signal)).trim();
    requireText(token, source, name);
    return token;
  }
  const { readIdentity } = await import("../platforms/read-identity.ts");
  return (await readIdentity(source, audience, deps)).token;
}

function readVariable(name: string, env: Environment): string {
  const text = trimmedText(env[name] ?? "").trim();
  if (text === "") throw variableMissing(name);
  const fault = faultIn(text);
  if (fault !== undefined) throw secretUnreadable(`the variable ${name}`, fault);
  return text;
}

/** Whether an assertion comes from the platform of this machine: no secret is then where it comes from. */
export const isPlatformSource = (source: AssertionSource | SignedAssertion): source is PlatformSource =>
  platformNamed(source.from) !== undefined;
