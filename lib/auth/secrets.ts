import { exec } from "node:child_process";
import { readFile } from "node:fs/promises";
import { commandFailed, secretUnreadable } from "../errors.ts";
import type { AssertionSource } from "./types.ts";

const COMMAND_LIMIT_MS = 30_000;
const COMMAND_LIMIT_BYTES = 1024 * 1024;

/**
 * The secret that a source yields now, without a newline at its end.
 * @throws M2mcpError secret_unreadable, command_failed (exit 4)
 */
export async function readSecret(
  source: Exclude<AssertionSource, { from: "github-actions" }>,
): Promise<string> {
  switch (source.from) {
    case "value":
      return source.value;
    case "file": {
      const text = await readFile(source.path, "utf8").catch((error: unknown) => {
        const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
        throw secretUnreadable(source.path, code);
      });
      return text.replace(/\r?\n$/, "");
    }
    case "command":
      return runCommand(source.command);
  }
}

/** What it prints goes nowhere else: standard error is not shown, since it may hold the secret too. */
function runCommand(command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = exec(
      command,
      {
        timeout: COMMAND_LIMIT_MS,
        maxBuffer: COMMAND_LIMIT_BYTES,
        encoding: "utf8",
        env: withoutOwnVariables(process.env),
      },
      (error, stdout) => {
        if (error)
          reject(commandFailed(typeof error.code === "number" ? `exit code ${error.code}` : "it was ended"));
        else resolve(stdout.replace(/\r?\n$/, ""));
      },
    );
    child.stdin?.end();
  });
}

/** The environment for a command of the user's: this program's own variables, which hold secrets, stay here. */
const withoutOwnVariables = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^M2MCP_/i.test(name)));

/**
 * A ready-made assertion: from a file or command, or the identity token that GitHub Actions issues to the job.
 * @param audience whom the assertion is for
 */
export async function readAssertion(
  source: AssertionSource,
  audience: string,
  fetchIt: typeof fetch,
  env: Record<string, string | undefined> = process.env,
): Promise<string> {
  if (source.from !== "github-actions") return (await readSecret(source)).trim();
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!url || !token)
    throw secretUnreadable("ACTIONS_ID_TOKEN_REQUEST_URL", "not set: grant the job id-token: write");
  const asked = new URL(url);
  asked.searchParams.set("audience", audience);
  const response = await fetchIt(asked, {
    headers: { authorization: `Bearer ${token}` },
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  }).catch(() => null);
  const body: unknown = response?.ok ? await response.json().catch(() => null) : null;
  const value = typeof body === "object" && body !== null && "value" in body ? body.value : undefined;
  if (typeof value !== "string")
    throw secretUnreadable(
      "the identity token of GitHub Actions",
      `HTTP status ${response?.status ?? "none"}`,
    );
  return value;
}
