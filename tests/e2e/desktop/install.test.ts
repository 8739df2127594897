// `m2mcp install` and `uninstall`, as users run them, and what hosts do with the entry.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { getStaticTOMLValue, parseTOML } from "toml-eslint-parser";
import { BINARY, createHome, type Home, homeForEachTest } from "../../support/home.ts";
import { atTerminal, KEYS } from "../../support/terminal.ts";
import { until } from "../../support/waiting.ts";
import { logIn, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const home = homeForEachTest();
const path = (...parts: string[]) => join(home.folder, ...parts);
const read = (...parts: string[]) => readFileSync(path(...parts), "utf8");
function write(text: string, ...parts: string[]): void {
  mkdirSync(dirname(path(...parts)), { recursive: true });
  writeFileSync(path(...parts), text);
}
const backups = (folder: string) => readdirSync(path(folder)).filter((name) => name.endsWith(".bak"));

const CURSOR =
  '{\n  // mine\n  "mcpServers": {\n    "a": { "command": "npx", "env": { "KEY": "not-to-be-shown" } },\n  },\n}\n';
const CODEX = '# mine\nmodel = "o3"\n\n[mcp_servers.a]\ncommand = "npx"\n';

test("an entry that a host starts, with nothing but its home, reaches the server", async () => {
  await logIn(world, home);
  const claude = [".config", "Claude", "claude_desktop_config.json"];
  const { code, stdout } = await home.run([
    "install",
    "@svc",
    "--host",
    "claude-desktop",
    "--host",
    "codex",
    "--yes",
  ]);
  expect(code).toBe(0);
  expect(stdout).toContain(`Claude Desktop: added svc in ~/${claude.join("/")}\n`);
  const entry = JSON.parse(read(...claude)).mcpServers.svc;
  expect(entry).toEqual({ command: BINARY, args: ["bridge", "@svc"], env: { M2MCP_HOME: path("store") } });
  expect(getStaticTOMLValue(parseTOML(read(".codex", "config.toml")))).toEqual({
    mcp_servers: { svc: entry },
  });
  for (const file of [path(...claude), path(".codex", "config.toml")])
    expect(statSync(file).mode & 0o777).toBe(0o600);

  const client = new Client({ name: "host", version: "1" });
  const env = { HOME: home.folder, PATH: "/usr/bin:/bin", ...entry.env };
  await client.connect(new StdioClientTransport({ ...entry, env, cwd: "/", stderr: "ignore" }));
  const called = await client.callTool({ name: "add", arguments: { a: 2, b: 3 } });
  expect(called.structuredContent).toEqual({ sum: 5 });
  await client.close();

  // No file was there before, and none is after.
  expect((await home.run(["uninstall", "@svc", "--yes"])).code).toBe(0);
  expect([existsSync(path(...claude)), existsSync(path(".codex", "config.toml"))]).toEqual([false, false]);
  const again = await home.run(["uninstall", "@svc", "--yes"]);
  expect([again.code, again.stdout]).toEqual([0, "there is no entry of ours for @svc in any host\n"]);
});

test("where a host's file cannot be read, nobody says that there is no entry in it", async () => {
  mkdirSync(path(".cursor"));
  writeFileSync(path(".cursor", "mcp.json"), "{broken");
  const { code, stdout, stderr } = await home.run(["uninstall", "@svc", "--yes"]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: Cursor's file cannot be read, .*\nhint: mend it there/);
  expect(readFileSync(path(".cursor", "mcp.json"), "utf8")).toBe("{broken");
});

describe("files of other programs", () => {
  test.each([
    ["cursor", [".cursor", "mcp.json"], CURSOR],
    ["codex", [".codex", "config.toml"], CODEX],
    ["gemini", [".gemini", "settings.json"], ""],
    ["lm-studio", [".lmstudio", "mcp.json"], "{}"],
    ["windsurf", [".codeium", "windsurf", "mcp_config.json"], '\ufeff{\r\n\t"mcpServers" : { }\r\n}'],
    ["zed", [".config", "zed", "settings.json"], '// none yet\n{ "theme": "One", }'],
    [
      "goose",
      [".config", "goose", "config.yaml"],
      "# mine\nGOOSE_MODE: auto\n\n# empty\nextensions: {}   # none\n\n\n",
    ],
    ["goose", [".config", "goose", "config.yaml"], "extensions:\nGOOSE_MODE: auto"],
  ] as const)("%s gets its file back byte for byte", async (host, parts, text) => {
    await logIn(world, home);
    write(text, ...parts);
    chmodSync(path(...parts), 0o640);
    const installed = await home.run(["install", "@svc", "--host", host, "--yes"]);
    expect([installed.code, read(...parts) === text]).toEqual([0, false]);
    // As if it were done twice.
    const written = read(...parts);
    const twice = await home.run(["install", "@svc", "--host", host, "--yes"]);
    expect([twice.code, twice.stdout]).toEqual([0, expect.stringContaining("has svc as it should be")]);
    expect(read(...parts)).toBe(written);
    expect((await home.run(["uninstall", "@svc", "--host", host, "--yes"])).code).toBe(0);
    expect(read(...parts)).toBe(text);
    expect(statSync(path(...parts)).mode & 0o777).toBe(0o640);
  });

  test("two connections come and go in any order", async () => {
    await logIn(world, home);
    await home.run(["connect", world.mcp.url, "@two"]);
    const parts = [".config", "goose", "config.yaml"];
    const text = "# mine\nGOOSE_MODE: auto\n";
    write(text, ...parts);
    for (const name of ["@svc", "@two"]) await home.run(["install", name, "--host", "goose", "--yes"]);
    for (const name of ["@svc", "@two"]) await home.run(["uninstall", name, "--yes"]);
    expect(read(...parts)).toBe(text);
  });

  test("what their owner does between install and uninstall stays", async () => {
    await logIn(world, home);
    write('{"theme":"dark"}\n', ".gemini", "settings.json");
    await home.run(["install", "@svc", "--host", "gemini", "--yes"]);
    write(read(".gemini", "settings.json").replace("dark", "light"), ".gemini", "settings.json");
    await home.run(["uninstall", "@svc", "--yes"]);
    expect(read(".gemini", "settings.json")).toBe('{"theme":"light"}\n');
  });

  test("a link stays a link, and a copy of before lies beside, for its owner alone; few are kept", async () => {
    await logIn(world, home);
    write(CURSOR, "dotfiles", "cursor.json");
    mkdirSync(path(".cursor"));
    symlinkSync("../dotfiles/cursor.json", path(".cursor", "mcp.json"));
    for (let count = 0; count < 5; count++) {
      await home.run(["install", "@svc", "--host", "cursor", "--yes"]);
      await home.run(["uninstall", "@svc", "--host", "cursor", "--yes"]);
    }
    expect(read("dotfiles", "cursor.json")).toBe(CURSOR);
    const kept = backups(".cursor");
    expect(kept.length).toBe(5);
    for (const name of kept) expect(statSync(path(".cursor", name)).mode & 0o777).toBe(0o600);
    expect(readdirSync(path("dotfiles"))).toEqual(["cursor.json"]);
  });

  test("a damaged one is named and left alone, and the other hosts go on", async () => {
    await logIn(world, home);
    write('{\n  "mcpServers": {\n    "a": 1\n    "b": 2\n  }\n}\n', ".cursor", "mcp.json");
    write(CODEX, ".codex", "config.toml");
    const { code, stderr, stdout } = await home.run(["install", "@svc", "--yes"]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`${path(".cursor", "mcp.json")}, line 4, column 5: comma expected`),
    ]);
    expect(stdout).toContain("Codex: added svc");
    expect(read(".cursor", "mcp.json")).toStartWith('{\n  "mcpServers": {\n    "a": 1\n    "b"');
    expect(backups(".cursor")).toEqual([]);
  });

  test.each([
    ["UTF-16", Buffer.from("\ufeff{}", "utf16le"), "no UTF-8"],
    ["a comment where the host takes none", Buffer.from("{ // x\n}"), "this host takes no comments"],
    ["a list", Buffer.from("[]"), "an object is expected here"],
    ["a name twice", Buffer.from('{"mcpServers":{"svc":{},"svc":{}}}'), "stands here twice"],
  ])("with %s it is left alone", async (_, bytes, words) => {
    await logIn(world, home);
    const file = path(".claude.json");
    writeFileSync(file, bytes);
    const { code, stderr } = await home.run(["install", "@svc", "--host", "claude-code", "--yes"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  test("a read-only one is left alone, in words", async () => {
    await logIn(world, home);
    write(CODEX, ".codex", "config.toml");
    chmodSync(path(".codex", "config.toml"), 0o444);
    const { code, stderr } = await home.run(["install", "@svc", "--host", "codex", "--yes"]);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining("config.toml is read-only, so it is left as it is"),
    ]);
    expect(read(".codex", "config.toml")).toBe(CODEX);
  });

  test("an entry of another program's is never overwritten, but for --force, and comes back", async () => {
    await logIn(world, home);
    const text = '{\n  "mcpServers": {\n    "svc": { "command": "other" }\n  }\n}\n';
    write(text, ".cursor", "mcp.json");
    const refused = await home.run(["install", "@svc", "--host", "cursor", "--yes"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("does not start m2mcp")]);
    expect(read(".cursor", "mcp.json")).toBe(text);
    const named = await home.run(["install", "@svc", "--host", "cursor", "--name", "mine", "--yes"]);
    expect([named.code, Object.keys(JSON.parse(read(".cursor", "mcp.json")).mcpServers)]).toEqual([
      0,
      ["svc", "mine"],
    ]);
    // Ours by what they start, not by their name.
    expect((await home.run(["uninstall", "@svc", "--yes"])).code).toBe(0);
    expect(read(".cursor", "mcp.json")).toBe(text);
    expect((await home.run(["install", "@svc", "--host", "cursor", "--force", "--yes"])).code).toBe(0);
    expect(JSON.parse(read(".cursor", "mcp.json")).mcpServers.svc.command).toBe(BINARY);
    await home.run(["uninstall", "@svc", "--yes"]);
    expect(read(".cursor", "mcp.json")).toBe(text);
  });

  test("several at once lose nothing of each other", async () => {
    await logIn(world, home);
    write(CURSOR, ".cursor", "mcp.json");
    const names = ["one", "two", "three", "four", "five", "six"];
    const runs = await Promise.all(
      names.map((name) => home.run(["install", "@svc", "--host", "cursor", "--name", name, "--yes"])),
    );
    expect(runs.map(({ code }) => code)).toEqual(names.map(() => 0));
    const hosts = JSON.parse((await home.run(["hosts", "--json"])).stdout).hosts;
    const cursor = hosts.find(({ host }: { host: string }) => host === "cursor").files[0];
    expect(cursor.ours.map(({ name }: { name: string }) => name).sort()).toEqual(names.sort());
    expect(cursor.foreign).toBe(1);
    await home.run(["uninstall", "@svc", "--yes"]);
    expect(read(".cursor", "mcp.json")).toBe(CURSOR);
  });
});

describe("what is shown and asked", () => {
  test("nothing is written without a yes: without a terminal it wants --yes", async () => {
    await logIn(world, home);
    write(CURSOR, ".cursor", "mcp.json");
    for (const more of [[], ["--json"]]) {
      const { code, stderr } = await home.run(["install", "@svc", ...more]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("--yes goes ahead without asking")]);
    }
    const dry = await home.run(["install", "@svc", "--dry-run"]);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain('+    "svc": {\n+      "type": "stdio"');
    expect(read(".cursor", "mcp.json")).toBe(CURSOR);
    expect(readdirSync(path(".cursor"))).toEqual(["mcp.json"]);
  });

  test("at a terminal the change is shown and asked for, host by host", async () => {
    await logIn(world, home);
    write(CURSOR, ".cursor", "mcp.json");
    write(CODEX, ".codex", "config.toml");
    const screen = atTerminal(home, ["install", "@svc"]);
    await screen.answer(/change the file of Cursor\? \[y\]es.*: $/s, `n${KEYS.enter}`);
    await screen.answer(/of Codex\? \[y\]es.*: $/s, `y${KEYS.enter}`);
    expect(await screen.ended).toBe(0);
    expect(read(".cursor", "mcp.json")).toBe(CURSOR);
    expect(read(".codex", "config.toml")).toContain("[mcp_servers.svc]");
    const text = screen.text();
    expect(text).toContain("Cursor: left as it is\n");
    expect(text).toContain(
      "Codex: added svc in ~/.codex/config.toml\n  a copy of before: ~/.codex/config.toml.m2mcp-",
    );
    expect(text).not.toContain("not-to-be-shown");
    const none = atTerminal(home, ["install", "@svc", "--name", "other"]);
    await none.answer(/of Cursor\? .*: $/s, `q${KEYS.enter}`);
    expect([await none.ended, none.text()]).toEqual([0, expect.not.stringContaining("+++ ~/.codex")]);
    const gone = atTerminal(home, ["uninstall", "@svc"]);
    await gone.answer(/of Codex\? \[y\/N\]: $/s, KEYS.ctrlC);
    expect(await gone.ended).not.toBe(0);
    expect(read(".codex", "config.toml")).toContain("[mcp_servers.svc]");
  });

  test("no secret is in it, of ours or of others, whatever is given", async () => {
    await logIn(world, home);
    write(CURSOR, ".cursor", "mcp.json");
    const { secret } = world.as.clients.basic;
    const run = await home.run(["install", "@svc", "--host", "cursor", "--yes", "--json"], {
      env: { M2MCP_CLIENT_SECRET: secret, M2MCP_PASSPHRASE: "" },
    });
    const { hosts } = JSON.parse(run.stdout);
    expect(hosts[0]).toMatchObject({ host: "cursor", status: "added", file: path(".cursor", "mcp.json") });
    for (const text of [run.stdout, run.stderr]) expect(text).not.toContain("not-to-be-shown");
    expect(read(".cursor", "mcp.json")).not.toContain(secret);
    const refused = await home.run(["install", "@svc", "--client-secret", secret, "--yes"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("m2mcp login")]);
    expect(refused.stderr).not.toContain(secret);
  });

  test("--print is the entry alone, in the host's notation", async () => {
    await logIn(world, home);
    const json = await home.run(["install", "@svc", "--print"]);
    expect(JSON.parse(json.stdout).mcpServers.svc.args).toEqual(["bridge", "@svc"]);
    const toml = await home.run(["install", "@svc", "--print", "--host", "codex"]);
    expect(toml.stdout).toStartWith("[mcp_servers.svc]\ncommand = ");
    const yaml = await home.run(["install", "@svc", "--print", "--host", "goose"]);
    expect(yaml.stdout).toStartWith("extensions:\n  svc:\n    enabled: true\n    type: stdio\n");
    expect(readdirSync(home.folder).sort()).toEqual(["store"]);
  });

  test("a project's file names no place of this machine", async () => {
    await logIn(world, home);
    mkdirSync(path("work"));
    const options = { cwd: path("work") };
    const run = await home.run(
      ["install", "@svc", "--scope", "project", "--host", "vscode", "--yes"],
      options,
    );
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining("a login of their own as @svc")]);
    expect(JSON.parse(read("work", ".vscode", "mcp.json"))).toEqual({
      servers: { svc: { type: "stdio", command: "m2mcp", args: ["bridge", "@svc"] } },
    });
    const local = await home.run(
      ["install", "@svc", "--scope", "local", "--host", "claude-code", "--yes"],
      options,
    );
    expect(local.code).toBe(0);
    expect(JSON.parse(read(".claude.json")).projects[path("work")].mcpServers.svc.command).toBe(BINARY);
    const none = await home.run(
      ["install", "@svc", "--scope", "project", "--host", "goose", "--yes"],
      options,
    );
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining("Goose keeps no entries of scope project"),
    ]);
    await home.run(["uninstall", "@svc", "--yes"], options);
    expect([existsSync(path("work", ".vscode", "mcp.json")), existsSync(path(".claude.json"))]).toEqual([
      false,
      false,
    ]);
  });
});

test.if(process.platform === "linux")(
  "a host that runs, and may write its file back, is told of before",
  async () => {
    await logIn(world, home);
    const host = path("claude-desktop");
    copyFileSync("/bin/sleep", host);
    chmodSync(host, 0o755);
    const running = Bun.spawn([host, "60"]);
    home.owns({ stop: () => running.kill() });
    await until(() => readFileSync(`/proc/${running.pid}/comm`, "utf8") === "claude-desktop\n");
    const { stderr } = await home.run(["install", "@svc", "--host", "claude-desktop", "--yes"]);
    expect(stderr).toContain(
      "warning: Claude Desktop is running and may write its file back as it was: quit it first",
    );
    expect(stderr).toContain(
      "next, Claude Desktop: quit it, from the tray or menu bar too, and start it again",
    );
    running.kill();
    await running.exited;
    const { stderr: after } = await home.run(["uninstall", "@svc", "--yes"]);
    expect(after).not.toContain("is running");
  },
);

test("what a host will lack is told beforehand", async () => {
  const { id, secret } = world.as.clients.basic;
  const env = { M2MCP_PASSPHRASE: "p" };
  const source = ["--client-secret-command", `printf %s '${secret}'`];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as a user writes it
  const header = ["--header", "X-Tenant: ${TENANT}"];
  const login = await home.run(
    ["login", world.mcp.url, "@svc", "--client-id", id, ...source, ...header, "--no-store-secret"],
    {
      env: { ...env, TENANT: "t" },
    },
  );
  expect(login.code).toBe(0);
  const { stderr, stdout } = await home.run(["install", "@svc", "--host", "cursor", "--dry-run"], { env });
  expect(stderr).toContain("the store opens with M2MCP_PASSPHRASE, which hosts do not pass on");
  expect(stderr).toContain("headers of @svc take TENANT from the environment");
  expect(stderr).toContain("a command gives the secret or token of @svc");
  for (const text of [stderr, stdout]) expect(text).not.toContain(secret);
});

test("a file elsewhere is named with --file, and its host with it", async () => {
  await logIn(world, home);
  const file = path("Code", "User", "profiles", "a1", "mcp.json");
  write('{ "servers": {} }\n', "Code", "User", "profiles", "a1", "mcp.json");
  const named = ["--host", "vscode", "--file", file, "--yes"];
  expect((await home.run(["install", "@svc", ...named])).code).toBe(0);
  expect(JSON.parse(readFileSync(file, "utf8")).servers.svc.type).toBe("stdio");
  expect((await home.run(["uninstall", "@svc", ...named])).stdout).toContain("removed svc");
  expect(readFileSync(file, "utf8")).toBe('{ "servers": {} }\n');
  const nobody = await home.run(["install", "@svc", "--file", file, "--yes"]);
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("--file belongs to one host")]);
  const none = await home.run(["install", "@svc", "--yes"], { env: { PATH: "/nonexistent" } });
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringContaining("no MCP host was found on this machine"),
  ]);
});

test("a connection named after its server has an entry whose name every host takes", async () => {
  await logIn(world, home);
  await home.run(["connect", world.mcp.url, "@mcp.example.com"]);
  await home.run(["install", "@mcp.example.com", "--host", "claude-code", "--yes"]);
  const { mcpServers } = JSON.parse(read(".claude.json"));
  expect(mcpServers["mcp-example-com"].args).toEqual(["bridge", "@mcp.example.com"]);
  expect((await home.run(["uninstall", "@mcp.example.com", "--yes"])).stdout).toContain(
    "removed mcp-example-com",
  );
  const wrong = await home.run(["install", "@svc", "--name", "a.b", "--yes"]);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("an entry cannot have this name")]);
  const near = await home.run(["install", "@svx", "--yes"]);
  expect(near.stderr).toContain("did you mean @svc");
});

test("what narrows the tools goes into the entry, and holds in the host", async () => {
  await logIn(world, home);
  const guards = ["--allow-tool", "add,e*", "--deny-tool", "echo", "--read-only"];
  await home.run(["install", "@svc", "--host", "cursor", "--yes", ...guards]);
  const entry = JSON.parse(read(".cursor", "mcp.json")).mcpServers.svc;
  const narrowed = ["--allow-tool=add", "--allow-tool=e*", "--deny-tool=echo", "--read-only"];
  expect(entry.args).toEqual(["bridge", "@svc", ...narrowed]);
  const client = new Client({ name: "host", version: "1" });
  const env = { HOME: home.folder, ...entry.env };
  await client.connect(
    new StdioClientTransport({ command: entry.command, args: entry.args, env, stderr: "ignore" }),
  );
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).not.toContain("echo");
  await client.close();
  // Ours still, and without them again.
  await home.run(["install", "@svc", "--host", "cursor", "--yes"]);
  expect(JSON.parse(read(".cursor", "mcp.json")).mcpServers.svc.args).toEqual(["bridge", "@svc"]);
  expect((await home.run(["uninstall", "@svc", "--yes"])).stdout).toContain("removed svc");
});

test("the command is the link on PATH, which an upgrade leaves in its place", async () => {
  await logIn(world, home);
  for (const folder of ["bin", "versions/1.2.3"]) mkdirSync(path(folder), { recursive: true });
  symlinkSync(BINARY, path("versions", "1.2.3", "m2mcp"));
  symlinkSync("../versions/1.2.3/m2mcp", path("bin", "m2mcp"));
  const command = async (program: string, more: Record<string, string>) => {
    const other: Home = createHome([program]);
    const env = { ...home.env, ...more };
    const { stdout } = await other.run(["install", "@svc", "--print"], { env });
    await other.remove();
    return JSON.parse(stdout).mcpServers.svc.command;
  };
  const PATH = `${path("bin")}:/usr/bin:/bin`;
  expect(await command(path("versions", "1.2.3", "m2mcp"), { PATH })).toBe(path("bin", "m2mcp"));
  expect(await command(path("bin", "m2mcp"), { PATH: "/usr/bin" })).toBe(path("bin", "m2mcp"));
  expect(await command(BINARY, { PATH: "/usr/bin" })).toBe(BINARY);
});
