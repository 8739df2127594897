import { isObject } from "../../json.ts";
import { textOf, trimmedText } from "../../plain-text.ts";
import { codeOf } from "../../platform/error-code.ts";
import { FileRefused, readRegularFile } from "../../platform/files/read-file.ts";
import type { AssertionSource, SecretSource } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { requireSecure } from "../discovery/url.ts";
import { commandFailed, noPlatformToken, secretMissing, secretUnreadable } from "../errors.ts";
import { exchange } from "../exchange.ts";
import { faultIn } from "./faults.ts";
import { pemText } from "./pem.ts";
import { runSecretCommand } from "./secret-command.ts";

/** Longest file of a secret, in bytes. */
const MAX_BYTES = 1024 * 1024;
/** How long a file may take, in ms: `<(command)` is one, and takes as long as its command. */
const FILE_TIMEOUT_MS = 30_000;

type Environment = Record<string, string | undefined>;

/**
 * The secret that a source yields now: without a byte order mark and the line ends at its end, from UTF-8 or UTF-16.
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
  const secret = trimmedText(await readText(source, env, name, signal));
  if (secret === "") throw unreadable(source, name, "it is empty", "it printed nothing");
  const fault = faultIn(secret);
  if (fault !== undefined) throw unreadable(source, name, fault, `of what it printed, ${fault}`);
  return secret;
}

/**
 * The key or certificate that a source yields now, as PEM or JWK whatever was done to its lines.
 *
 * @throws M2mcpError as `readSecret`
 */
export async function readPem(source: SecretSource, env: Environment, name?: string): Promise<string> {
  const pem = pemText(await readText(source, env, name));
  if (pem === "") throw unreadable(source, name, "it is empty", "it printed nothing");
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
  const text = trimmedText(await readText(source, env, name, signal));
  if (text.trim() === "") throw unreadable(source, name, "it is empty", "it printed nothing");
  return text;
}

async function readText(
  source: SecretSource,
  env: Environment,
  name: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  switch (source.from) {
    case "value":
      return source.value;
    case "missing":
      throw secretMissing();
    case "file":
      return textOf(await readFile(source.path, name ?? source.path));
    case "command":
      return textOf(await runSecretCommand(source.command, env, signal));
  }
}

async function readFile(path: string, name: string): Promise<Buffer> {
  try {
    const limits = { maxBytes: MAX_BYTES, timeoutMs: FILE_TIMEOUT_MS, pipes: true };
    return (await readRegularFile(path, limits)).bytes;
  } catch (error) {
    const why = error instanceof FileRefused ? error.message : codeOf(error) || "unknown";
    throw secretUnreadable(name, why);
  }
}

function unreadable(source: SecretSource, name: string | undefined, why: string, printed: string) {
  if (source.from === "command") return commandFailed(printed);
  return secretUnreadable(name ?? (source.from === "file" ? source.path : "the stored secret"), why);
}

/**
 * A ready-made assertion: from a file or command, or the identity token that GitHub Actions issues to the job.
 *
 * @param audience whom the assertion is for
 * @throws M2mcpError secret_unreadable, command_failed, insecure_url, network failures
 */
export async function readAssertion(
  source: AssertionSource,
  audience: string,
  deps: Pick<AuthDeps, "fetch" | "timeoutMs" | "log" | "env" | "signal">,
): Promise<string> {
  if (source.from !== "github-actions") return (await readSecret(source, deps.env)).trim();
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = deps.env;
  if (!url || !token)
    throw noPlatformToken(
      "GitHub Actions",
      "ACTIONS_ID_TOKEN_REQUEST_URL or its token is not set",
      "grant the job the permission id-token: write, and run this within it",
    );
  const asked = requireSecure(url, "ACTIONS_ID_TOKEN_REQUEST_URL", []);
  asked.searchParams.set("audience", audience);
  const { status, json } = await exchange(deps, asked.href, {
    method: "GET",
    headers: { authorization: `Bearer ${token}`, accept: "application/json" },
  });
  const value = isObject(json) ? json.value : undefined;
  if (status !== 200 || typeof value !== "string")
    throw noPlatformToken(
      "GitHub Actions",
      `HTTP status ${status}`,
      "check the job's permission id-token: write, and --assertion-audience",
    );
  return value;
}
