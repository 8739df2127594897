import { spawn } from "node:child_process";
import { collect, type Outcome } from "../e2e/harness.ts";

/**
 * Runs a shell script beside a real Secret Service: gnome-keyring, unlocked, on a message bus of its own. `$M2MCP` in
 * the script is the program under test.
 */
export async function withSecretService(script: string, env: Record<string, string>): Promise<Outcome> {
  const unlock = "printf unlocked | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
  const child = spawn("dbus-run-session", ["--", "sh", "-c", `${unlock}\n${script}`], { env });
  child.stdin.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const outcome = await collect(child);
  clearTimeout(timer);
  return outcome;
}
