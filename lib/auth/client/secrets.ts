import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { isObject } from "../../json.ts";
import { codeOf } from "../../platform/error-code.ts";
import type { AssertionSource, SecretSource } from "../credentials.ts";
import type { AuthDeps } from "../deps.ts";
import { requireSecure } from "../discovery/url.ts";
import { commandFailed, noPlatformToken, secretUnreadable } from "../errors.ts";
import { exchange } from "../exchange.ts";

const COMMAND_LIMIT_MS = 30_000;
const COMMAND_LIMIT_BYTES = 1024 * 1024;

type Environment = Record<string, string | undefined>;

/**
 * The secret that a source yields now, without a newline at its end.
 * @param env what a command inherits, less our own secrets
 * @throws M2mcpError secret_unreadable, command_failed (exit 4)
 */
export async function readSecret(source: SecretSource, env: Environment): Promise<string> {
  switch (source.from) {
    case "value":
      return source.value;
    case "file": {
      const text = await readFile(source.path, "utf8").catch((error: unknown) => {
        throw secretUnreadable(source.path, codeOf(error) || "unknown");
      });
      const secret = text.replace(/\r?\n$/, "");
      if (secret === "") throw secretUnreadable(source.path, "it is empty");
      return secret;
    }
    case "command":
      return runCommand(source.command, env);
  }
}

/** Our own variables hold secrets that a command has no use for; where the store is, is none. */
const isInherited = (name: string) => !/^M2MCP_(?!(HOME|STORE)$)/i.test(name);

/** What the command prints goes nowhere else: standard error is not shown, since it may hold the secret too. */
function runCommand(command: string, env: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      stdio: ["ignore", "pipe", "ignore"],
      windowsHide: true,
      env: Object.fromEntries(Object.entries(env).filter(([name]) => isInherited(name))),
    });
    const parts: Buffer[] = [];
    let size = 0;
    // What the command itself started may hold the pipe open, so nothing here waits for its end.
    const finish = (result: () => void) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.kill("SIGKILL");
      result();
    };
    const fail = (why: string) => finish(() => reject(commandFailed(why)));
    const timer = setTimeout(
      () => fail(`it did not end within ${COMMAND_LIMIT_MS / 1000} s`),
      COMMAND_LIMIT_MS,
    );
    child.stdout.on("data", (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size > COMMAND_LIMIT_BYTES) fail("it printed more than 1 MiB");
    });
    child.on("error", () => fail("it could not be started"));
    child.on("close", (code, signal) => {
      if (code !== 0) return fail(code === null ? `it was ended by ${signal}` : `exit code ${code}`);
      const secret = Buffer.concat(parts)
        .toString("utf8")
        .replace(/\r?\n$/, "");
      if (secret === "") return fail("it printed nothing");
      finish(() => resolve(secret));
    });
  });
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
