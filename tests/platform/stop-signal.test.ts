import { expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { sleep } from "../support/waiting.ts";

const MODULE = join(import.meta.dir, "../../lib/platform/stop-signal.ts");

test.skipIf(process.platform === "win32")(
  "a process that is stopped has put in order what it leaves, and takes it up again when it goes on",
  async () => {
    const program = `
      import { listenToStop } from ${JSON.stringify(MODULE)};
      listenToStop(() => console.log("before"), () => (console.log("after"), process.exit()));
      setInterval(() => {}, 1000);
      console.log("ready");`;
    // The kernel stops no group that has no parent in its session, as that of the tests may be: a shell of its own is one.
    const shell = 'set -m; "$0" -e "$1" & echo $! >&2; read -r; wait $!';
    const child = spawn("bash", ["-c", shell, process.execPath, program]);
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
    });
    let pid = "";
    child.stderr.on("data", (data) => {
      pid += data;
    });
    const until = async (holds: () => boolean) => {
      for (let tries = 0; tries < 300 && !holds(); tries++) await sleep(20);
    };
    const isStopped = () => spawnSync("ps", ["-o", "state=", "-p", pid.trim()]).stdout.includes("T");
    await until(() => said.includes("ready") && pid.includes("\n"));
    const giveUp = setTimeout(() => process.kill(Number(pid), "SIGKILL"), 10_000);
    process.kill(Number(pid), "SIGTSTP");
    await until(() => said.includes("before") && isStopped());
    expect([isStopped(), said]).toEqual([true, "ready\nbefore\n"]);
    const ended = new Promise((resolve) => child.on("close", resolve));
    process.kill(Number(pid), "SIGCONT");
    await until(() => said.includes("after"));
    child.stdin.end();
    expect(await ended).toBe(0);
    clearTimeout(giveUp);
    expect(said).toBe("ready\nbefore\nafter\n");
  },
);
