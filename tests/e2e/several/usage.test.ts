// How several servers are named and narrowed, each with its own credentials; and what is refused.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED, initialize, type Json, request } from "../../support/messages.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { startToolServer } from "../policy/tools.ts";
import { save, saved } from "./servers.ts";

const home = homeForEachTest();

async function open(args: string[], env = {}) {
  const bridge = startBridge(home, args, { env });
  bridge.say(INITIALIZE, INITIALIZED);
  let id = 100;
  const ask = async (method: string, params: object = {}) => {
    bridge.say(request(++id, method, params));
    return bridge.answer(id);
  };
  const listed = async () => {
    const names: string[] = [];
    for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
      const { result } = await ask("tools/list", cursor === undefined ? {} : { cursor });
      names.push(...result.tools.map(({ name }: Json) => name));
      cursor = result.nextCursor;
    }
    return names.toSorted();
  };
  return { bridge, ask, listed };
}

test("each server is asked with its own token, got with its own secret, and with no other", async () => {
  const worlds = [home.owns(await startSmallWorld()), home.owns(await startSmallWorld())];
  for (const [at, world] of worlds.entries()) {
    world.secret = `secret-${at}`;
    world.lifeS = 3600;
    const login = await home.run(["login", world.url, `@w${at}`, "--client-id", "c"], {
      env: { M2MCP_CLIENT_SECRET: `secret-${at}` },
    });
    expect(login.code).toBe(0);
  }
  const { bridge, listed } = await open(["@w0", "@w1"]);
  expect(await listed()).toEqual(["w0_there", "w1_there"]);
  expect(worlds.map(({ secrets }) => [...new Set(secrets)])).toEqual([["secret-0"], ["secret-1"]]);
  await bridge.stop();
});

test("filters of a profile hold for its server, those of the command for all, those with a name for one", async () => {
  await save(home, "a", home.owns(await startToolServer("legacy")).url);
  await save(home, "b", home.owns(await startToolServer("modern")).url);
  const both = (...names: string[]) => names.toSorted();
  const cases: [string[], object, string[]][] = [
    [
      ["--allow-tool", "@a:get_*"],
      {},
      both("a_get_one", "a_get_two", "b_get_one", "b_get_two", "drop", "odd"),
    ],
    [["--deny-tool", "drop,odd,@b:get_two"], {}, both("a_get_one", "b_get_one", "get_two")],
    [[], { M2MCP_ALLOW_TOOL: "@B:drop\n@a:odd" }, both("drop", "odd")],
  ];
  for (const [args, env, wanted] of cases) {
    const { bridge, listed } = await open(["@a", "@b", ...args], env);
    const names = await listed();
    // Names that are left at one server alone need no prefix.
    const plain = (name: string) => name.replace(/^[ab]_/, "");
    expect(names.map(plain).toSorted()).toEqual(wanted.map(plain).toSorted());
    await bridge.stop();
  }
  await home.run(["config", "@b", "read-only=true"]);
  const { bridge, listed, ask } = await open(["@a", "@b"]);
  const names = await listed();
  expect(names).toEqual(both("a_get_one", "a_get_two", "b_get_one", "b_get_two", "drop", "odd"));
  // At the one that denies it nobody finds it: it goes to the other.
  expect((await ask("tools/call", { name: "drop" })).result.content).toBeDefined();
  await bridge.stop();
});

test("a tool that a filter or a pin hides is refused as with one server, one that nobody has is unknown", async () => {
  const other = home.owns(await startToolServer("modern"));
  await save(home, "a", home.owns(await startToolServer("legacy")).url);
  await save(home, "b", other.url);
  const codes = async (args: string[], names: string[]) => {
    const { bridge, ask, listed } = await open(["@a", "@b", ...args]);
    // One is called before anything was listed, all others after.
    const found: unknown[] = [];
    for (const name of names) {
      found.push((await ask("tools/call", { name })).error?.data?.code);
      await listed();
    }
    await bridge.stop();
    return found;
  };
  const denied = "tool_denied";
  const names = ["drop", "a_drop", "b_drop", "nothing", "b_nothing"];
  const wanted = [denied, denied, denied, "unknown_name", "unknown_name"];
  expect(await codes(["--deny-tool", "drop"], names)).toEqual(wanted);
  expect(await codes(["--allow-tool", "get_*"], names)).toEqual(wanted);
  expect(await codes(["--read-only"], names)).toEqual(wanted);
  await home.run(["config", "@b", "pin=true"]);
  await codes([], []);
  const first = await open(["@a", "@b"]);
  await first.listed();
  await first.bridge.stop();
  (other.tools as Json[]).push({ name: "late", inputSchema: { type: "object" } });
  expect(await codes([], ["late", "nothing"])).toEqual(["tool_new", "unknown_name"]);
});

test("pins hold for each server by itself, under its own names", async () => {
  const [one, other] = [
    home.owns(await startToolServer("legacy")),
    home.owns(await startToolServer("legacy")),
  ];
  await save(home, "a", one.url);
  await save(home, "b", other.url);
  await home.run(["config", "@b", "pin=true"]);
  const first = await open(["@a", "@b"]);
  await first.listed();
  await first.bridge.stop();
  const drop = (tools: Json[]) => tools.find(({ name }) => name === "drop");
  Object.assign(drop(one.tools as Json[]), { description: "changed" });
  Object.assign(drop(other.tools as Json[]), { description: "changed" });
  const { bridge, ask, listed } = await open(["@a", "@b"]);
  expect(await listed()).toContain("b_drop");
  expect((await ask("tools/call", { name: "a_drop" })).result.content).toBeDefined();
  const { error } = await ask("tools/call", { name: "b_drop" });
  expect(error.data.code).toBe("tool_changed");
  expect(error.message).toContain("m2mcp pins approve @b drop");
  await bridge.stop();
});

test("what is no set of saved servers is refused, with what to do instead", async () => {
  await saved(home, "a", "legacy");
  await saved(home, "b", "legacy");
  for (const [args, words] of [
    [["@a", "@nobody"], /no profile @nobody|@nobody/],
    [["@a", "https://mcp.example.com/mcp"], /several servers are given by their names.*hint: m2mcp login/s],
    [["https://mcp.example.com/mcp", "@a"], /several servers are given by their names/],
    [["@a", "@b", "@A"], /@a stands twice/],
    [["@a", "@b", "--header", "X-Key: secret-word"], /--header would be for each/],
    [["@a", "@b", "--allow-tool", "@c:x"], /--allow-tool names @c/],
    [["@a", "@b", "--prefix", "never"], /unknown --prefix never.*clash or always/s],
    [["@a", "@b", "--client-id", "x"], /@a has credentials of its own/],
  ] as const)
    for (const verb of ["bridge", "serve"]) {
      const { code, stdout, stderr } = await home.run([verb, ...args]);
      expect([args, code, stdout]).toEqual([args, 1, ""]);
      expect(stderr).toMatch(words);
      expect(stderr).not.toContain("secret-word");
    }
  // A host sees what is answered.
  const { stdout } = await home.run(["bridge", "@a", "@nobody"], {
    input: `${JSON.stringify(INITIALIZE)}\n`,
  });
  expect(JSON.parse(stdout).error.message).toContain("@nobody");
  const help = (await home.run(["bridge", "--help"])).stdout;
  expect(help).toContain("--prefix");
  expect(help).toContain("[...targets]");
});

test("one server alone is as ever: its own name, its names, and no prefix", async () => {
  await saved(home, "a", "legacy");
  const { bridge, listed, ask } = await open(["@a", "--prefix", "always"]);
  expect(await listed()).toContain("echo");
  expect((await ask("tools/call", { name: "echo", arguments: { text: "x" } })).result.content[0].text).toBe(
    "x",
  );
  bridge.say(call(7, "nothing"));
  expect((await bridge.answer(7)).error.message).toContain("Unknown tool nothing");
  await bridge.stop();
});

test("hosts get one entry for several, which takes nothing from the entries of each; logs are found by each name", async () => {
  await saved(home, "a", "legacy");
  await saved(home, "b", "modern");
  await home.run(["install", "@a", "--host", "cursor", "--yes"]);
  const installed = await home.run([
    "install",
    "@a",
    "@b",
    "--prefix",
    "always",
    "--host",
    "cursor",
    "--yes",
  ]);
  expect([installed.code, installed.stderr]).toEqual([0, expect.any(String)]);
  const entries = async () =>
    JSON.parse(await Bun.file(join(home.folder, ".cursor", "mcp.json")).text()).mcpServers;
  const { "a-b": both, a } = await entries();
  expect(both.args.slice(-4)).toEqual(["bridge", "@a", "@b", "--prefix=always"]);
  expect(a.args.slice(-2)).toEqual(["bridge", "@a"]);
  const { stdout } = await home.run(both.args.slice(both.args.indexOf("bridge")), {
    input: `${JSON.stringify(INITIALIZE)}\n`,
  });
  expect(JSON.parse(stdout).result.serverInfo.title).toBe("a, b");
  for (const name of ["@a", "@b"])
    expect((await home.run(["logs", name])).stdout).toContain("bridge to @a @b");
  expect((await home.run(["uninstall", "@a", "@b", "--host", "cursor", "--yes"])).code).toBe(0);
  expect(Object.keys(await entries())).toEqual(["a"]);
});

test("clients of each version, and batches of the one that has them, at servers of all kinds", async () => {
  await saved(home, "a", "legacy");
  await saved(home, "b", "modern");
  await saved(home, "c", "sse");
  for (const version of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]) {
    const bridge = startBridge(home, ["@a", "@b", "@c"]);
    bridge.say(initialize(version));
    expect((await bridge.answer("init")).result.protocolVersion).toBe(version);
    bridge.say(INITIALIZED);
    const echo = (id: number, name: string) => call(id, `${name}_echo`, { text: name });
    if (version === "2025-03-26") {
      bridge.say([echo(1, "a"), echo(2, "b"), echo(3, "c"), call(4, "nothing")]);
      const answers = (await bridge.hear((line) => Array.isArray(line))) as unknown as Json[];
      expect(
        answers
          .toSorted((one, other) => one.id - other.id)
          .map(({ result, error }) => result?.content[0].text ?? error.code),
      ).toEqual(["a", "b", "c", -32602]);
    } else
      for (const [at, name] of ["a", "b", "c"].entries()) {
        bridge.say(echo(at, name));
        expect((await bridge.answer(at)).result.content[0].text).toBe(name);
      }
    expect(await bridge.end()).toBe(0);
  }
});
