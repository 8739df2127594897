import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { loopbackSpace, processSpace } from "../../lib/platform/host.ts";

const canUnshare = spawnSync("unshare", ["-n", "true"]).status === 0;

test.skipIf(!canUnshare)(
  "a network namespace has a loopback of its own, though process ids are the same",
  () => {
    const host = join(import.meta.dir, "..", "..", "lib", "platform", "host.ts");
    const program = `import { loopbackSpace, processSpace } from ${JSON.stringify(host)};
    console.log(JSON.stringify([loopbackSpace(), processSpace()]));`;
    const run = (...before: string[]) => {
      const [command = "", ...args] = [...before, process.execPath, "-e", program];
      return JSON.parse(spawnSync(command, args, { encoding: "utf8" }).stdout);
    };
    expect(run()).toEqual([loopbackSpace(), processSpace()]);
    const [loopback, processes] = run("unshare", "-n");
    expect(processes).toBe(processSpace());
    expect(loopback).not.toBe(loopbackSpace());
  },
);
