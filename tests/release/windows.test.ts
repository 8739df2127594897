// The executable for Windows under wine, where it is here: what needs Windows' own ways of files, names, programs,
// consoles and processes. What wine cannot show is in docs/install.md.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, createHome, type Home } from "../support/home.ts";
import { answers, call, INITIALIZE, lines } from "../support/messages.ts";
import { executableIn, releaseOf } from "../support/release/quick-release.ts";
import { endWine, missingForWine, prepareWine, WINE } from "../support/release/wine.ts";
import { startWorld, type World } from "../support/world.ts";

const lacks = missingForWine();
if (lacks) console.log(`skipped: the executable for Windows is not run here, for that needs ${lacks}`);

const work = mkdtempSync(join(tmpdir(), "m2mcp-windows-"));
const user = join(
  work,
  "wine",
  "drive_c",
  "users",
  spawnSync("id", ["-un"], { encoding: "utf8" }).stdout.trim(),
);
const roaming = join(user, "AppData", "Roaming");
const local = join(user, "AppData", "Local");
/** A path of this machine, as Windows' programs see it. */
const seen = (path: string) => `Z:${path.replaceAll("/", "\\")}`;
let wine: ReturnType<typeof prepareWine>;
let world: World;
let home: Home;
let executable = "";
const secret = () => ({ M2MCP_CLIENT_SECRET: world.as.clients.basic.secret });
const login = (...more: string[]) => [
  "login",
  world.mcp.url,
  ...more,
  "--client-id",
  world.as.clients.basic.id,
];

/** Runs a program to its end; its stdin is empty. */
async function ran(program: string, args: string[], more: Record<string, string> = {}) {
  const env = { ...home.env, ...more };
  const child = spawn(program, args, { env, cwd: work, timeout: 40_000 });
  child.stdin.end();
  return collect(child);
}
const run = (args: string[], env: Record<string, string> = {}) => ran(WINE, [executable, ...args], env);

/** Lines of cmd's, from a file, so that nothing but cmd reads their quotes. */
const cmd = (...commands: string[]) => {
  const file = join(work, "line.cmd");
  const text = ["@echo off", ...commands].join("\r\n");
  writeFileSync(file, `${text.replaceAll("m2mcp ", `"${seen(executable)}" `)}\r\n`);
  return ran(WINE, ["cmd", "/c", seen(file)]);
};

/** Starts it at a console, with `kind` what becomes of that (`CONSOLE` in wine.ts). */
async function atConsole(kind: "c" | "x", ms: number, args: string) {
  const line = `exec ${WINE} '${wine.console}' ${kind} ${ms} '${seen(executable)}' ${args} >out 2>err`;
  // Ctrl-C wants a terminal, which would take all with it that outlives its host.
  const there = kind === "c" ? ["script", "-qec", line, "/dev/null"] : ["sh", "-c", line];
  const [program = "", ...words] = there;
  const { code } = await ran(program, words, { TERM: "xterm" });
  return { code, stdout: said("out"), stderr: said("err") };
}
const said = (name: string) => readFileSync(join(work, name), "utf8");

describe.skipIf(lacks !== null)("on Windows", async () => {
  beforeAll(async () => {
    const [release, started] = await Promise.all([releaseOf("windows-x64"), startWorld()]);
    world = started;
    executable = executableIn(release, "windows-x64");
    wine = prepareWine(work);
    home = createHome([WINE, executable]);
    delete home.env.M2MCP_HOME;
    Object.assign(home.env, wine.env);
  }, 240_000);
  afterAll(async () => {
    if (wine) endWine(wine.env);
    await home?.remove();
    await world?.end();
    rmSync(work, { recursive: true, force: true });
  });
  test("the key is in Credential Manager, by one file of the add-on", async () => {
    const first = await run(login("@svc", "--store", "keyring"), secret());
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain('m2mcp "@svc" tools-list');
    expect(existsSync(join(roaming, "m2mcp", "store.key"))).toBe(false);
    expect((await run(["store"])).stdout).toContain("in the OS keyring");
    expect((await run(["@svc", "ping"])).code).toBe(0);
    expect(readdirSync(join(local, "m2mcp", "addon"))).toEqual([
      expect.stringMatching(/^keyring\..*\.node$/),
    ]);
  }, 60_000);

  test("a store lies where it is said: beyond 260 characters, below the current folder, open to others", async () => {
    const store = async (M2MCP_HOME: string) => {
      const made = await run(login("@a"), { ...secret(), M2MCP_STORE: "file", M2MCP_HOME });
      const listed = await run(["profiles"], { M2MCP_HOME });
      expect([made.code, listed.stdout]).toEqual([0, expect.stringContaining("@a")]);
      return made.stderr;
    };
    const long = Array.from({ length: 5 }, () => "l".repeat(60)).join("\\");
    await store(`C:\\${long}`);
    expect(existsSync(join(work, "wine", "drive_c", ...long.split("\\"), "store.key"))).toBe(true);
    await store("below");
    expect(existsSync(join(work, "below", "profiles", "a.m2mcp"))).toBe(true);
    expect(await store("C:\\open")).toContain('icacls "C:\\open"');
    expect(await store(`C:\\users\\${user.split("/").at(-1)}\\own`)).toContain("by you alone");
  }, 60_000);

  test("names of devices are refused, and nothing of that name is made", async () => {
    const refused = await run(login("@con"), secret());
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("for a device")]);
    const saved = await run(["@svc", "resources-read", "memo://one", "--output", "nul"]);
    expect(saved.code).toBe(1);
    expect((await run(["export", "@svc", seen(join(work, "aux.json"))])).stderr).toContain("for a device");
    expect(readdirSync(work)).not.toContain("aux.json");
  }, 60_000);

  test("PowerShell's UTF-16 is read, and cmd's quotes and pipes are", async () => {
    const calls =
      '\ufeff{"tool":"echo","arguments":{"text":"grüße"}}\r\n{"tool":"add","arguments":{"a":1,"b":2}}\r\n';
    writeFileSync(join(work, "calls.jsonl"), Buffer.from(calls, "utf16le"));
    const ran = await run(["@svc", "run", "calls.jsonl"]);
    expect(ran.stdout.split("\n").filter(Boolean)).toEqual([
      expect.stringContaining("grüße"),
      expect.stringContaining('"sum":3'),
    ]);
    expect((await cmd('m2mcp "@svc" tools-call echo "{\\"text\\":\\"a b\\"}"')).stdout).toBe("a b\n");
    expect((await cmd('echo {"text":"piped"} | m2mcp @svc tools-call echo')).stdout).toBe("piped\n");
    expect((await run(["@svc", "tools-call", "echo", "{text:1}"])).stderr).toContain(
      'PowerShell before 7.3 want \\"',
    );
    expect((await run(["tools-call"])).stderr).toContain('in PowerShell an @name stands in quotes, "@svc"');
  }, 60_000);

  test("a secret comes from a batch file that stands on PATH, and no program of the current folder is run", async () => {
    mkdirSync(join(work, "bin dir"));
    const { basic } = world.as.clients;
    writeFileSync(join(work, "secret.txt"), basic.secret);
    writeFileSync(join(work, "bin dir", "vault.cmd"), `@type "${seen(join(work, "secret.txt"))}"\r\n`);
    const path = `${seen(join(work, "bin dir"))};C:\\windows\\system32`;
    // wine makes the PATH of its programs of this one.
    const made = await cmd(
      `set "PATH=${path}"`,
      `m2mcp login ${world.mcp.url} @cmd --client-id "${basic.id}" --client-secret-command vault`,
    );
    expect([made.code, made.stderr]).toEqual([0, ""]);
  }, 60_000);

  test("Ctrl-C tells the server and ends with 130; what serves ends in order", async () => {
    const given = await atConsole("c", 2000, "@svc tools-call slow ms=20000");
    expect([given.code, given.stderr]).toEqual([130, expect.stringContaining("the server has been told")]);
    const served = await atConsole("c", 2000, "serve @svc");
    expect([served.code, served.stderr]).toEqual([0, expect.stringContaining("serving @svc at")]);
  }, 60_000);

  test("a bridge ends with the host that started it, though its id stays", async () => {
    writeFileSync(join(work, "messages"), lines(INITIALIZE, call(2, "slow", { ms: 20_000 })));
    await atConsole("x", 2500, "bridge @svc <messages");
    // By then its host has ended; the call would take 20 s more.
    for (let count = 0; count < 100 && !said("out").includes('"id":2'); count++) await Bun.sleep(100);
    expect(said("out")).toContain("the bridge was ended");
  }, 60_000);

  test("pipes of a host that Node or Electron starts it with: a bridge's, and one that stays open behind a call", async () => {
    const script = join(work, "host.mjs");
    writeFileSync(
      script,
      `import { spawn } from "node:child_process";
      import { readFileSync } from "node:fs";
      const { BUN_BE_BUN, ...env } = process.env;
      const [, , exe, input, ...args] = process.argv;
      const child = spawn(exe, args, { env, stdio: ["pipe", "inherit", "inherit"] });
      child.on("close", (code) => process.exit(code));
      if (input !== "-") child.stdin.write(readFileSync(input));
      // One that never closes it would wait for ever.
      setTimeout(() => child.stdin.end(), input === "-" ? 20_000 : 1500);`,
    );
    // The runtime within the executable stands for Node.
    const host = (input: string, ...args: string[]) =>
      ran(WINE, [executable, seen(script), seen(executable), input, ...args], { BUN_BE_BUN: "1" });
    const input = join(work, "from-host");
    writeFileSync(input, lines(INITIALIZE, call(2, "echo", { text: "grüße" })).replaceAll("\n", "\r\n"));
    const bridged = await host(seen(input), "bridge", "@svc");
    expect(answers(bridged.stdout).map(({ id }) => id)).toEqual([1, 2]);
    expect(bridged.stdout).toContain("grüße");
    const beganMs = performance.now();
    const called = await host("-", "@svc", "tools-call", "echo");
    expect([called.code, called.stderr]).toEqual([1, expect.stringContaining("text is missing")]);
    expect(performance.now() - beganMs).toBeLessThan(15_000);
  }, 60_000);

  test("processes that write at once lose nothing and leave no lock", async () => {
    const names = ["one", "two", "three", "four"];
    const done = await Promise.all(names.map((name) => home.run(login(`@${name}`), { env: secret() })));
    expect(done.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const { stdout } = await run(["profiles", "--json"]);
    expect(JSON.parse(stdout).profiles.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(names),
    );
    expect(readdirSync(join(roaming, "m2mcp", "locks"))).toEqual([]);
  }, 60_000);

  test("a host's file keeps its mark and its lines, and goes back byte for byte", async () => {
    const folder = join(roaming, "Claude");
    mkdirSync(folder, { recursive: true });
    const file = join(folder, "claude_desktop_config.json");
    const before =
      '\ufeff{\r\n  "mcpServers": {\r\n    "other": { "command": "cmd", "args": ["/c", "npx", "-y", "x"] }\r\n  }\r\n}\r\n';
    writeFileSync(file, before);
    expect(await run(["install", "@svc", "--host", "claude-desktop", "--yes"])).toMatchObject({ code: 0 });
    const after = readFileSync(file, "utf8");
    expect(JSON.parse(after.slice(1)).mcpServers.svc).toMatchObject({
      command: seen(executable),
      args: ["bridge", "@svc"],
    });
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
    expect((await run(["uninstall", "@svc", "--host", "claude-desktop", "--yes"])).code).toBe(0);
    expect(readFileSync(file, "utf8")).toBe(before);
  }, 60_000);
});
