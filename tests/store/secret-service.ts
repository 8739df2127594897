import { spawn } from "node:child_process";
import { collect, type Outcome } from "../support/home.ts";

/**
 * Runs a shell script beside a real Secret Service: gnome-keyring, unlocked, on a message bus of its own. `$M2MCP` in
 * the script is the program under test; `$HOME/daemon` holds the keyring's process id.
 */
export async function withSecretService(script: string, env: Record<string, string>): Promise<Outcome> {
  // In the foreground, since the daemon's own way into the background leaves no id to end it by. Now and then it starts
  // and never comes onto the bus: another one is started then, and the script ends when that happens for ever.
  const unlock = `onBus() { dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets 2>/dev/null | grep -q true; }
for attempt in 1 2 3; do
  printf unlocked | gnome-keyring-daemon --unlock --foreground --components=secrets >/dev/null 2>&1 &
  echo $! >"$HOME/daemon"
  for look in $(seq 100); do onBus && break 2; sleep 0.05; done
  kill $(cat "$HOME/daemon")
done
onBus || { echo "no Secret Service on the bus" >&2; exit 99; }`;
  const child = spawn("dbus-run-session", ["--", "bash", "-c", `${unlock}\n${script}`], { env });
  child.stdin.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  const outcome = await collect(child);
  clearTimeout(timer);
  return outcome;
}
