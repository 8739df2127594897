// What each command writes with --json, by real servers: one object on stdout, of the shape that the document says.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "../../lib/command-line/verbs.ts";
import type { JsonObject } from "../../lib/json.ts";
import { check } from "../../lib/schema/check.ts";
import { collect, createHome, type Home } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { reply, type Scripted, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { startTasksServer } from "../support/mcp/tasks-extension.ts";
import { until } from "../support/waiting.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

const SCHEMA = JSON.parse(readFileSync(join(import.meta.dir, "../../docs/json-output.schema.json"), "utf8"));
/** What is wrong with an output, by the part of the document that is for a verb, or for an error. */
const faults = (part: string, output: JsonObject) =>
  check(output, { ...SCHEMA, anyOf: [{ $ref: `#/$defs/${part}` }] });

let world: World;
let full: Awaited<ReturnType<typeof startFullLegacyServer>>;
let tasks: Awaited<ReturnType<typeof startTasksServer>>;
let skills: Scripted;
let home: Home;
beforeAll(async () => {
  home = createHome();
  world = await startWorld();
  full = await startFullLegacyServer("http");
  tasks = await startTasksServer();
  skills = await startLegacyServer((asked) =>
    reply(asked, { skills: [{ uri: "skill://a/b/SKILL.md", frontmatter: { name: "b", description: "d" } }] }),
  );
  await logIn(world, home);
  mkdirSync(join(home.folder, ".cursor"));
  writeFileSync(
    join(home.folder, "calls.jsonl"),
    '{"tool":"echo","arguments":{"text":"x"}}\n{"tool":"none"}\n',
  );
}, 60_000);
afterAll(async () => {
  home.remove();
  await Promise.all([world.end(), full.stop(), tasks.stop(), skills.stop()]);
});

/** Each verb's command lines, with the exit codes that they may end with; those that write an object a line. */
const LINES: Record<
  string,
  (() => { args: string[]; code?: number; isLines?: true; env?: Record<string, string> })[]
> = {
  login: [
    () => ({
      args: ["login", world.mcp.url, "@other", "--client-id", world.as.clients.basic.id],
      env: { M2MCP_CLIENT_SECRET: world.as.clients.basic.secret },
    }),
  ],
  connect: [
    () => ({ args: ["connect", full.url, "@full"] }),
    () => ({ args: ["connect", "@svc", "@again"] }),
  ],
  profiles: [() => ({ args: ["profiles"] })],
  token: [() => ({ args: ["token", "@svc"] })],
  headers: [() => ({ args: ["headers", "@svc"] }), () => ({ args: ["headers", full.url] })],
  whoami: [() => ({ args: ["whoami", "@svc"] })],
  store: [() => ({ args: ["store"] }), () => ({ args: ["store", "move", "--to", "file"] })],
  show: [() => ({ args: ["@svc", "show"] })],
  ping: [() => ({ args: ["@svc", "ping"] })],
  doctor: [() => ({ args: ["@svc", "doctor"] })],
  discover: [() => ({ args: ["discover", world.mcp.url] }), () => ({ args: ["discover", full.url] })],
  "tools-list": [() => ({ args: ["@svc", "tools-list"] }), () => ({ args: [full.url, "tools-list"] })],
  "tools-get": [() => ({ args: ["@svc", "tools-get", "add"] })],
  "tools-call": [
    () => ({ args: ["@svc", "tools-call", "add", "a=1", "b=2"] }),
    () => ({ args: ["@svc", "tools-call", "fail"], code: 2 }),
    () => ({ args: [tasks.url, "tools-call", "work", "--detach"] }),
  ],
  "prompts-list": [() => ({ args: [full.url, "prompts-list"] })],
  "prompts-get": [() => ({ args: [full.url, "prompts-get", "greet", "name=Bo"] })],
  complete: [() => ({ args: [full.url, "complete", "greet", "name=A"] })],
  "resources-list": [() => ({ args: [full.url, "resources-list"] })],
  "resources-templates-list": [() => ({ args: [full.url, "resources-templates-list"] })],
  "resources-read": [() => ({ args: [full.url, "resources-read", "memo://one"] })],
  skills: [() => ({ args: [skills.url, "skills"] })],
  request: [() => ({ args: ["@svc", "request", "tools/list"] })],
  grep: [() => ({ args: ["grep", "e"] })],
  run: [() => ({ args: ["@svc", "run", "calls.jsonl", "--keep-going"], code: 2, isLines: true })],
  status: [() => ({ args: ["status"] })],
  logs: [() => ({ args: ["logs"] })],
  pins: [
    () => ({ args: ["pins", "list", "@svc"] }),
    () => ({ args: ["pins", "approve", "@svc"] }),
    () => ({ args: ["pins", "show", "@svc", "add"] }),
    () => ({ args: ["pins", "reset", "@svc"] }),
  ],
  hosts: [() => ({ args: ["hosts"] })],
  install: [
    () => ({ args: ["install", "@svc", "--host", "cursor", "--dry-run"] }),
    () => ({ args: ["install", "@svc", "--print"] }),
    () => ({ args: ["install", "@svc", "--host", "cursor", "--yes"] }),
  ],
  uninstall: [() => ({ args: ["uninstall", "@svc", "--yes"] })],
  bundle: [() => ({ args: ["bundle", "@svc", "--print"] }), () => ({ args: ["bundle", "@svc"] })],
  config: [
    () => ({ args: ["config", "@svc"] }),
    () => ({ args: ["config", "@svc", "timeout=50", "deny-tool=drop"] }),
  ],
  export: [() => ({ args: ["export"] }), () => ({ args: ["export", "@full", "full.json"] })],
  import: [() => ({ args: ["import", "full.json", "--force"] })],
  logout: [() => ({ args: ["logout", "@again"] })],
};
/** What writes no object of its own: JSON-RPC, a shell's script, what goes on until it is ended. */
const WITHOUT = ["bridge", "completion", "serve", "watch"];
/** Those that need what another has made, in the test below. */
const OF_A_TASK = ["tasks-list", "tasks-get", "tasks-cancel", "tasks-result"];

async function outputs(args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await home.run([...args, "--json"], { env });
  return { code, stdout, stderr };
}

test("every command is here", () => {
  const known = new Set([...Object.keys(LINES), ...WITHOUT, ...OF_A_TASK]);
  expect(VERBS.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  expect(Object.keys(LINES).filter((name) => !(name in SCHEMA.$defs))).toEqual([]);
});

describe("the output", () => {
  for (const [verb, lines] of Object.entries(LINES))
    test(`of ${verb}`, async () => {
      for (const make of lines) {
        const { args, code = 0, isLines, env } = make();
        const said = await outputs(args, env);
        expect([args, said.code, said.stderr]).toEqual([args, code, said.stderr]);
        const objects = isLines ? said.stdout.trimEnd().split("\n") : [said.stdout];
        for (const text of objects) expect(await faults(verb, JSON.parse(text))).toEqual([]);
      }
    }, 60_000);

  test("of a task", async () => {
    const begun = JSON.parse((await outputs([tasks.url, "tools-call", "forever", "--detach"])).stdout);
    expect(await faults("tools-call", begun)).toEqual([]);
    for (const verb of ["tasks-get", "tasks-cancel"]) {
      const { code, stdout } = await outputs([tasks.url, verb, begun.taskId]);
      expect([verb, code, await faults(verb, JSON.parse(stdout))]).toEqual([verb, 0, []]);
    }
    const done = JSON.parse((await outputs([tasks.url, "tools-call", "work", "--detach"])).stdout);
    const { stdout } = await outputs([tasks.url, "tasks-result", done.taskId]);
    expect(await faults("tasks-result", JSON.parse(stdout))).toEqual([]);
  }, 60_000);

  const failures: [what: string, args: () => string[], exitCode: number, code: number][] = [
    ["wrong usage", () => ["tools-get"], 1, -31001],
    ["an unknown command", () => ["tools-lits"], 1, -31001],
    ["an unknown option", () => ["tools-list", "@svc", "--nosuch"], 1, -31001],
    ["an unknown profile", () => ["tools-list", "@nobody"], 1, -31001],
    ["the server's own error", () => [full.url, "resources-read", "memo://none"], 2, -32002],
    ["a name that is not there", () => ["@svc", "tools-get", "nosuch"], 2, -31002],
    ["the network", () => ["http://127.0.0.1:1/mcp", "ping"], 3, -31003],
    [
      "no authorization",
      () => [world.mcp.url, "ping", "--client-id", "nobody", "--client-secret", "wrong"],
      4,
      -31004,
    ],
  ];
  for (const [what, args, exitCode, code] of failures)
    test(`of a failure: ${what}`, async () => {
      const said = await outputs(args());
      const data = JSON.parse(said.stdout);
      expect([said.code, data.error.exitCode, data.error.code]).toEqual([exitCode, exitCode, code]);
      expect(await faults("error", data)).toEqual([]);
      expect(said.stderr).toMatch(/^error: /m);
    });

  test.skipIf(process.platform === "win32").each([
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("of a command that %s ends", async (signal, exitCode) => {
    const server = home.owns(
      await startLegacyServer(({ method }, response) => {
        if (method === "ping") stream(response);
        else response.writeHead(400).end();
      }),
    );
    const child = home.start([server.url, "ping", "--json"]);
    const said = collect(child);
    await until(() => server.count("ping") > 0);
    child.kill(signal);
    const data = JSON.parse((await said).stdout);
    expect([data.error.name, data.error.exitCode]).toEqual(["interrupted", exitCode]);
    expect(await faults("error", data)).toEqual([]);
  });
});

test("the document takes no output for another's that has nothing in common with it", async () => {
  expect(await faults("tools-list", { tools: [{}] })).not.toEqual([]);
  expect(await faults("error", { error: { code: "usage", message: "no" } })).not.toEqual([]);
  expect(await faults("ping", { ok: false })).not.toEqual([]);
});
