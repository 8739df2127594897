import { expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { endBy, endRequests, ignoredIn } from "../../lib/platform/ending-signals.ts";

const MODULE = join(import.meta.dir, "../../lib/platform/ending-signals.ts");

async function endedBy(signal: NodeJS.Signals, more = "") {
  const program = `
    import { beforeEndingSignal } from ${JSON.stringify(MODULE)};
    const takeBack = beforeEndingSignal(() => console.log("restored"));
    ${more}
    setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (data) => {
    said += data;
    if (String(data).includes("ready")) child.kill(signal);
  });
  const by = await new Promise((resolve) => child.on("close", (_, how) => resolve(how)));
  return { by, said: said.split("\n").filter((line) => line !== "") };
}

for (const signal of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGALRM"] as const)
  test(`${signal} still ends the process, once what it leaves behind is in order`, async () => {
    expect(await endedBy(signal)).toEqual({ by: signal, said: ["ready", "restored"] });
  });

test("taken back, a signal does what it always did", async () => {
  expect(await endedBy("SIGHUP", "takeBack();")).toEqual({ by: "SIGHUP", said: ["ready"] });
});

test("on Windows a console's three signals ask for the end, elsewhere those that are given", () => {
  expect(endRequests(["SIGTERM", "SIGINT"], [], "linux")).toEqual(["SIGTERM", "SIGINT"]);
  expect(endRequests(["SIGTERM", "SIGINT", "SIGHUP"], ["SIGHUP", "SIGINT"], "linux")).toEqual(["SIGTERM"]);
  expect(endRequests(["SIGTERM", "SIGINT"], [], "win32")).toEqual(["SIGINT", "SIGBREAK", "SIGHUP"]);
});

test("what a process was started to ignore is read from its mask; where none is told, a closed terminal is no reason to end", () => {
  const of = (mask: string) =>
    ignoredIn(`Name:\tx\nSigBlk:\t0000000000000007\nSigIgn:\t${mask}\nSigCgt:\t0\n`);
  expect(of("0000000000000000")).toEqual([]);
  expect(of("0000000000001000")).toEqual([]);
  expect(of("0000000000001001")).toEqual(["SIGHUP"]);
  expect(of("0000000000000006")).toEqual(["SIGINT", "SIGQUIT"]);
  expect(ignoredIn("")).toEqual(["SIGHUP"]);
});

test("on Windows, where no signal can be sent, an exit code tells which one ended the process", () => {
  const done: unknown[] = [];
  const self = {
    pid: 7,
    kill: (...what: unknown[]) => done.push(what),
    exit: (code: number) => done.push(code),
  };
  for (const signal of ["SIGINT", "SIGBREAK", "SIGHUP", "SIGTERM"] as const) endBy(signal, "win32", self);
  endBy("SIGHUP", "darwin", self);
  expect(done).toEqual([130, 130, 129, 1, [7, "SIGHUP"]]);
});
