// Records which functions a start runs, in their order: the executable is laid out by it (`.ci/compile.ts`), so that a
// start reads less of itself. To be run before a release, on a build; an old record is still good for what is the same.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ORDERS } from "../../.ci/orders.ts";
import { INITIALIZE } from "./caller.ts";
import { startPeer } from "./stdio-peer.ts";
import { binary, root, startBareServer } from "./subjects.ts";

process.chdir(root);
const subjects = await startBareServer("");
const file = join(tmpdir(), `m2mcp-${process.pid}.order`);

/** Runs the executable twice, so that all is kept which a start keeps, and records the second time. */
async function recorded(run: (env: Record<string, string>) => Promise<void>): Promise<string> {
  await run(subjects.env);
  await run({ ...subjects.env, BUN_BYTECODE_ORDER_OUT: file });
  const text = readFileSync(file, "utf8");
  rmSync(file);
  // What was not run, and texts, have no place to be told: that is nine tenths of the file.
  return text.replace(/^[KS] .*\n/gm, "");
}

async function command(args: readonly string[], env: Record<string, string>): Promise<void> {
  const child = Bun.spawn([binary, ...args], { env, stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  if ((await child.exited) !== 0) throw new Error(`${args.join(" ")} ended with ${child.exitCode}`);
}

async function bridge(env: Record<string, string>): Promise<void> {
  const peer = startPeer([binary, "bridge", "@bench"], env);
  await peer.call("initialize", INITIALIZE);
  peer.notify("notifications/initialized");
  await peer.call("tools/call", { name: "echo", arguments: { message: "" } });
  await peer.end();
}

const call = ["@bench", "tools-call", "echo", "message=hello"];
const starts: Record<keyof typeof ORDERS, (env: Record<string, string>) => Promise<void>> = {
  call: (env) => command(call, env),
  list: (env) => command(["@bench", "tools-list"], env),
  bridge,
};
for (const [name, run] of Object.entries(starts))
  writeFileSync(ORDERS[name as keyof typeof ORDERS], await recorded(run));
subjects.end();
