// Calls that go on as tasks: the utility of 2025-11-25 at the SDK's reference server, the extension of 2026-07-28.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home } from "../../support/home.ts";
import { startEverything } from "../../support/mcp/everything.ts";
import { startTasksServer } from "../../support/mcp/tasks-extension.ts";
import { atTerminal, KEYS } from "../../support/terminal.ts";
import { until } from "../../support/waiting.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());
const TOPIC = ["simulate-research-query", "topic=bees"];

describe("2025-11-25, at server-everything", () => {
  let server: Awaited<ReturnType<typeof startEverything>>;
  beforeAll(async () => {
    server = await startEverything();
  });
  afterAll(() => server.stop());
  const run = (...args: string[]) => home.run([server.url, ...args]);

  test("a tool that requires a task is called as one, and waited for", async () => {
    const called = await run("tools-call", ...TOPIC, "--progress");
    expect(called.code).toBe(0);
    expect(called.stdout).toContain("Research Report: bees");
    expect(called.stderr).toContain("task working: Gathering sources...");
  });

  test("--detach prints its id; get, list, result and cancel take it", async () => {
    const id = (await run("tools-call", ...TOPIC, "--detach")).stdout.trim();
    expect((await run("tasks-get", id)).stdout).toMatch(/status +working/);
    expect((await run("tasks-list")).stdout).toContain(id);
    expect((await run("tasks-result", id)).stdout).toContain("Research Report: bees");
    const other = (await run("tools-call", ...TOPIC, "--detach")).stdout.trim();
    expect(await run("tasks-cancel", other)).toMatchObject({ code: 0, stdout: `${other} cancelled\n` });
    const result = await run("tasks-result", other);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`the task ${other} was cancelled`);
  });

  test("what it asks meanwhile is a form at the terminal", async () => {
    const screen = atTerminal(home, [server.url, "tools-call", ...TOPIC, "ambiguous:=true"]);
    await screen.answer(/asks[\s\S]*: $/, `1${KEYS.enter}`);
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toContain("Research Report");
  });

  test("Ctrl-C cancels it", async () => {
    const screen = atTerminal(home, [server.url, "tools-call", ...TOPIC]);
    await screen.shows(/task working/);
    screen.type(KEYS.ctrlC);
    expect([130, "SIGINT"]).toContain(await screen.ended);
    // This server keeps tasks by session, and a person's is not a script's.
    const list = atTerminal(home, [server.url, "tasks-list"]);
    await list.ended;
    expect(list.text()).toContain("cancelled");
  });

  test("--task where the tool is none is wrong usage", async () => {
    const called = await run("tools-call", "echo", "message=a", "--task");
    expect(called.code).toBe(1);
    expect(called.stderr).toContain("the tool echo does not run as a task");
  });
});

describe("the extension of 2026-07-28", () => {
  let server: Awaited<ReturnType<typeof startTasksServer>>;
  beforeEach(async () => {
    server = home.owns(await startTasksServer());
  });
  const run = (...args: string[]) => home.run([server.url, ...args]);

  test("a call that the server makes a task of is waited for, at the pace it names", async () => {
    expect(await run("tools-call", "work", "a=1")).toMatchObject({ code: 0, stdout: "worked\n" });
    const gaps = server.polledAtMs.slice(1).map((at, index) => at - (server.polledAtMs[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThan(50);
    expect(await run("tools-call", "work", "a=1", "--task")).toMatchObject({ code: 0, stdout: "worked\n" });
  });

  test("its errors are the call's", async () => {
    const failed = await run("tools-call", "fail", "a=1");
    expect(failed.code).toBe(2);
    expect(failed.stderr).toContain("error -32603: it broke");
    expect(await run("tools-call", "bad", "a=1")).toMatchObject({ code: 2, stdout: "went wrong\n" });
  });

  test("what it asks is asked once, and answered by tasks/update", async () => {
    const file = join(home.folder, "answers.json");
    writeFileSync(file, JSON.stringify({ name: "Ada" }));
    const called = await run("tools-call", "ask", "a=1", "--answers", file);
    expect(called).toMatchObject({ code: 0, stdout: "hello Ada\n" });
    const screen = atTerminal(home, [server.url, "tools-call", "ask", "a=1"]);
    await screen.answer(/name: $/, `Bo${KEYS.enter}`);
    expect(await screen.ended).toBe(0);
    expect(screen.text()).toContain("hello Bo");
    expect(screen.text().match(/Your name/g)).toHaveLength(1);
    expect(server.count("tasks/update")).toBe(2);
  });

  test("--detach, get, result, cancel; there is no list", async () => {
    const id = (await run("tools-call", "forever", "a=1", "--detach")).stdout.trim();
    expect((await run("tasks-get", id)).stdout).toMatch(/status +working/);
    expect((await run("tasks-cancel", id)).code).toBe(0);
    expect((await run("tasks-result", id)).stderr).toContain("was cancelled");
    const list = await run("tasks-list");
    expect(list.code).toBe(2);
    expect(list.stderr).toContain("keeps no list of tasks");
    const unknown = await run("tasks-result", "nope");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("Task not found");
  });

  test("who gives up, by a signal or by --timeout, cancels it", async () => {
    const child = home.start([server.url, "tools-call", "forever", "a=1"]);
    const ended = new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)));
    await until(() => server.count("tasks/get") > 1);
    child.kill("SIGTERM");
    expect(await ended).toBe("SIGTERM");
    expect(server.tasks.get("task-1")?.cancelled).toBe(true);
    const late = await run("tools-call", "forever", "a=1", "--timeout", "0.5");
    expect(late.code).toBe(3);
    expect(late.stderr).toContain("did not finish the task task-2 within 3 s");
    expect(server.tasks.get("task-2")?.cancelled).toBe(true);
  });
});
