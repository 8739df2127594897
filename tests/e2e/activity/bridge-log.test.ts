// What a bridge tells of itself, on stderr, in its log and to `m2mcp status`, and that none of it hurts.
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { type Home, inHome } from "../../support/home.ts";
import { reply } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, lines } from "../../support/messages.ts";
import { until } from "../../support/waiting.ts";
import { logIn, startWorld } from "../../support/world.ts";

const SECRETS = ["arg-s3cret", "result-s3cret", "error-s3cret", "key-s3cret"];
const STAMP = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

/** Answers calls by their tool's name. */
const startServer = () =>
  startLegacyServer((asked, response) => {
    if (asked.http === "GET") return response.writeHead(405).end();
    if (asked.params?.name === "sick") return response.writeHead(500).end(`went wrong: ${asked.text}`);
    if (asked.params?.name === "wrong")
      return void response
        .writeHead(200, { "content-type": "application/json" })
        .end(
          JSON.stringify({ jsonrpc: "2.0", id: asked.id, error: { code: -32602, message: "error-s3cret" } }),
        );
    reply(asked, { content: [{ type: "text", text: "result-s3cret" }] });
  });

const stateOf = (home: Home) => join(home.folder, ".local", "state", "m2mcp");
const filesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
const logOf = (home: Home) =>
  filesIn(join(stateOf(home), "logs"))
    .map((name) => readFileSync(join(stateOf(home), "logs", name), "utf8"))
    .join("");

describe("a bridge", () => {
  test.concurrent(
    "tells each failure of its own once: time, level, method, id, reason",
    inHome(async (home) => {
      const server = home.owns(await startServer());
      const bridge = startBridge(home, [server.url]);
      bridge.say(INITIALIZE, INITIALIZED, call(2, "sick"), call(3, "sick", { a: 1 }), "junk");
      await bridge.answer(2);
      await bridge.answer(3);
      await bridge.hear(({ id }) => id === null);
      bridge.say(call(2, "sick"));
      await bridge.end();
      const told = bridge
        .stderr()
        .split("\n")
        .filter((line) => / error /.test(line));
      expect(told.filter((line) => / tools\/call 2: /.test(line))).toHaveLength(1);
      expect(told[0]).toMatch(new RegExp(`^${STAMP} error `));
      expect(
        told.some((line) => new RegExp(`^${STAMP} error - -: the message is not valid JSON$`).test(line)),
      ).toBe(true);
    }),
    60_000,
  );

  test.concurrent(
    "writes a private log without secrets, arguments and results, and is seen while it runs",
    inHome(async (home) => {
      const server = home.owns(await startServer());
      const bridge = startBridge(home, [`${server.url}?key=key-s3cret`]);
      bridge.say(INITIALIZE, INITIALIZED);
      for (const [id, name] of ["sick", "wrong", "right"].entries())
        bridge.say(call(10 + id, name, { a: "arg-s3cret" }));
      for (const id of [10, 11, 12]) await bridge.answer(id);
      const status = async () => JSON.parse((await home.run(["status", "--json"])).stdout).bridges;
      let bridges = await status();
      for (let look = 0; look < 200 && bridges[0]?.errors !== 2; look++) bridges = await status();
      expect(bridges).toHaveLength(1);
      expect(bridges[0]).toMatchObject({ requests: 4, calls: 3, errors: 2, pid: bridge.child.pid });
      expect(bridges[0].startedBy).toMatch(/\S/);
      expect(bridges[0].lastError.text).toMatch(/^tools\/call: /);
      const people = await home.run(["status"]);
      expect(people.stdout).toMatch(/up \d+ s {2}3 calls {2}2 errors {2}started by \S+/);
      const followed = home.start(["logs", "--follow", "--json"]);
      let heard = "";
      followed.stdout.on("data", (text) => {
        heard += text;
      });
      await until(() => heard.includes("began"), 10_000);
      expect(await bridge.end()).toBe(0);
      await until(() => heard.includes("bridge ended"), 10_000);
      followed.kill("SIGINT");
      const times = home.start(["logs", "--follow", "--jq", ".time"]);
      let told = "";
      times.stdout.on("data", (text) => {
        told += text;
      });
      await until(() => told.includes("\n"), 10_000);
      times.kill("SIGINT");
      expect(told).toMatch(new RegExp(`^(${STAMP}\n)+$`));
      for (const line of heard.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("level");

      const log = logOf(home);
      expect(log).toMatch(new RegExp(`^${STAMP} info - - bridge to http\\S+ began`));
      expect(log).toContain(" error tools/call 10 ");
      expect(log).toContain("the server answered with error -32602");
      for (const secret of SECRETS) expect(log + people.stdout + heard).not.toContain(secret);
      const [name = ""] = filesIn(join(stateOf(home), "logs"));
      expect(statSync(join(stateOf(home), "logs", name)).mode & 0o777).toBe(0o600);
      expect(filesIn(join(stateOf(home), "running"))).toEqual([]);
      expect((await home.run(["status"])).stdout).toBe("");
      const shown = await home.run(["logs", server.url, "--lines", "1"]);
      expect(shown.stdout).toContain("bridge ended: 4 requests, 3 of them calls of tools, 2 errors");
    }),
    60_000,
  );

  test.concurrent(
    "of a profile is named after it, and tells when its token ends",
    inHome(async (home) => {
      const world = await startWorld();
      home.owns({ stop: () => world.end() });
      await logIn(world, home);
      const bridge = startBridge(home, ["@svc"]);
      bridge.say(INITIALIZE, INITIALIZED);
      await bridge.answer(1);
      const status = async () => JSON.parse((await home.run(["status", "@svc", "--json"])).stdout).bridges[0];
      let seen = await status();
      for (let look = 0; look < 200 && !seen; look++) seen = await status();
      expect(seen).toMatchObject({ target: "@svc", server: world.mcp.url });
      expect(Date.parse(seen.tokenEndsAt)).toBeGreaterThan(Date.now());
      await bridge.end();
      expect((await home.run(["logs", "@svc"])).stdout).toContain(`bridge to @svc, ${world.mcp.url} began`);
    }),
    60_000,
  );

  test.concurrent(
    "that cannot be opened writes down why",
    inHome(async (home) => {
      const outcome = await home.run(["bridge", "@nobody"], { input: lines(INITIALIZE) });
      expect(outcome.stderr).toMatch(new RegExp(`^${STAMP} error initialize 1: there is no profile @nobody`));
      expect((await home.run(["logs", "@nobody"])).stdout).toMatch(
        / error initialize 1 there is no profile @nobody/,
      );
    }),
    60_000,
  );
});

describe("M2MCP_LOG", () => {
  for (const [what, value, log] of [
    ["off", "off", ""],
    ["a file", "mine/bridge.log", "mine/bridge.log"],
    ["a variable that nothing expanded", "$" + "{user_config.log}", undefined],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const server = home.owns(await startServer());
        const env = { M2MCP_LOG: value };
        await home.run(["bridge", server.url], { env, input: lines(INITIALIZE) });
        expect(filesIn(join(stateOf(home), "logs"))).toHaveLength(log === undefined ? 1 : 0);
        if (log) expect(readFileSync(join(home.folder, log), "utf8")).toContain("bridge ended");
        if (log) expect((await home.run(["logs"], { env })).stdout).toContain("bridge ended");
      }),
      60_000,
    );
});

describe("a bridge is not hurt by", () => {
  for (const [what, prepare, env] of [
    ["a state folder that is a file", (folder: string) => writeFileSync(join(folder, ".local"), ""), {}],
    ["a home that is not there", () => {}, { HOME: "/nowhere/at/all" }],
    ["no home", () => {}, { HOME: "" }],
    ["a disk that is full", () => {}, { M2MCP_LOG: "/dev/full" }],
    [
      "a state folder that cannot be written",
      (folder: string) => {
        mkdirSync(join(folder, "ro"));
        chmodSync(join(folder, "ro"), 0o500);
      },
      { XDG_STATE_HOME: "ro" },
    ],
  ] as const)
    test.concurrent(
      what,
      inHome(async (home) => {
        const server = home.owns(await startServer());
        prepare(home.folder);
        const own = "XDG_STATE_HOME" in env ? { XDG_STATE_HOME: join(home.folder, env.XDG_STATE_HOME) } : env;
        const input = lines(INITIALIZE, INITIALIZED, call(2, "right"));
        const { code, stdout, stderr } = await home.run(["bridge", server.url], { env: own, input });
        expect(code).toBe(0);
        expect(stdout.trim().split("\n")).toHaveLength(2);
        expect(stderr).not.toContain("error");
      }),
      60_000,
    );
});

test("bridges at once have a log each, and one that was killed is no longer seen", async () => {
  await inHome(async (home) => {
    const server = home.owns(await startServer());
    const bridges = Array.from({ length: 4 }, () => startBridge(home, [server.url]));
    for (const bridge of bridges) bridge.say(INITIALIZE, INITIALIZED);
    for (const bridge of bridges) await bridge.answer(1);
    const running = () => filesIn(join(stateOf(home), "running")).filter((name) => name.endsWith(".json"));
    await until(() => running().length === 4, 10_000);
    expect(filesIn(join(stateOf(home), "logs"))).toHaveLength(4);
    bridges[0]?.child.kill("SIGKILL");
    await bridges[0]?.ended;
    expect(JSON.parse((await home.run(["status", "--json"])).stdout).bridges).toHaveLength(3);
    expect(running()).toHaveLength(3);
    for (const bridge of bridges.slice(1)) await bridge.end();
    expect(running()).toEqual([]);
  })();
}, 60_000);
