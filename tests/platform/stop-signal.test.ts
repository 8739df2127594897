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
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (data) => {
      said += data;
    });
    const until = async (holds: () => boolean) => {
      for (let tries = 0; tries < 300 && !holds(); tries++) await sleep(20);
    };
    const isStopped = () => spawnSync("ps", ["-o", "state=", "-p", `${child.pid}`]).stdout.includes("T");
    await until(() => said.includes("ready"));
    setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
    child.kill("SIGTSTP");
    await until(() => said.includes("before") && isStopped());
    expect([isStopped(), said]).toEqual([true, "ready\nbefore\n"]);
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGCONT");
    expect(await ended).toBe(0);
    expect(said).toBe("ready\nbefore\nafter\n");
  },
);
