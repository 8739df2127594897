// What a command of a secret started ends with us, whatever ends us (Linux and macOS: it has a process group).
import { afterEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHome, type Home } from "../../support/home.ts";
import { startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { sleep, until } from "../../support/waiting.ts";

let home: Home | undefined;
afterEach(() => home?.remove());

const isRunning = (mark: string) =>
  spawnSync("pgrep", ["-f", `^sleep ${mark}$`])
    .stdout.toString()
    .trim() !== "";

for (const [index, [verb, signals]] of (
  [
    ["tools-list", ["SIGINT"]],
    ["tools-list", ["SIGTERM"]],
    ["tools-list", ["SIGHUP"]],
    ["tools-list", ["SIGQUIT"]],
    ["tools-list", ["SIGUSR1"]],
    ["bridge", ["SIGQUIT"]],
    ["bridge", ["SIGALRM"]],
    ["bridge", ["SIGTERM"]],
    ["bridge", ["SIGTERM", "SIGTERM"]],
  ] as [string, NodeJS.Signals[]][]
).entries())
  test.skipIf(process.platform === "win32")(
    `a secret's command ends with ${verb} by ${signals.join(" and ")}`,
    async () => {
      home = createHome();
      const world = home.owns(await startScriptedWorld());
      // Another copy of the tests may run beside this one.
      const mark = `31.7${index + 10}${process.pid}`;
      const command = `sleep ${mark}; echo x`;
      const child = home.start([verb, world.url, "--client-id", "id", "--client-secret-command", command]);
      if (verb === "bridge") {
        const params = {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: { name: "t", version: "1" },
        };
        child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`);
      }
      await until(() => isRunning(mark));
      const ended = new Promise<NodeJS.Signals | null>((resolve) =>
        child.on("exit", (_code, by) => resolve(by)),
      );
      for (const signal of signals) {
        child.kill(signal);
        await sleep(100);
      }
      const by = await ended;
      // Without a listener of its own, a command ends by the signal, as its parent expects.
      if (verb !== "bridge") expect(by).toBe(signals[0] ?? null);
      await until(() => !isRunning(mark), 2000);
    },
    30_000,
  );
