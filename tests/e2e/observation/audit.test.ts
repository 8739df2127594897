// `--audit`: a line for each call, over each host, with nothing in it that was not asked for.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { BINARY, collect, type Home, inHome } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED, type Json, request } from "../../support/messages.ts";
import { connectLegacy } from "../../support/sdk-clients.ts";
import { startServe } from "../../support/serve.ts";
import { until } from "../../support/waiting.ts";
import { logIn, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const fileOf = (home: Home) => join(home.folder, "audit", "calls.jsonl");
const entriesIn = (text: string): Json[] =>
  text
    .split("\n")
    .filter((line) => line.includes('"outcome"'))
    .map((line) => JSON.parse(line.replace(/^<\d>/, "")));
const entries = (home: Home) => entriesIn(readFileSync(fileOf(home), "utf8"));
const LAUNCHED = { profile: "@svc", server: expect.stringContaining("127.0.0.1") };

describe("the audit", () => {
  test.concurrent(
    "of one-off commands has a line a call, and neither arguments nor results",
    inHome(async (home) => {
      await logIn(world, home);
      const audit = ["--audit", fileOf(home)];
      expect((await home.run(["@svc", "tools-call", "echo", "text=arg-s3cret", ...audit])).code).toBe(0);
      expect((await home.run(["@svc", "tools-call", "fail", ...audit])).code).toBe(2);
      await home.run(["@svc", "request", "tools/call", '{"name":"n\\u001b[31mo"}', ...audit]);
      await home.run(["@svc", "tools-list", ...audit]);
      expect(entries(home)).toMatchObject([
        { ...LAUNCHED, verb: "tools-call", method: "tools/call", tool: "echo", outcome: "ok", error: null },
        { tool: "fail", outcome: "tool_error" },
        { verb: "request", tool: "n\u001b[31mo" },
      ]);
      const [first] = entries(home);
      expect(Date.parse(first.time)).toBeGreaterThan(Date.now() - 60_000);
      expect(first.duration_ms).toBeGreaterThan(0);
      expect(first.request_bytes).toBeGreaterThan(30);
      expect(first.response_bytes).toBeGreaterThan(30);
      expect(first.request_id).toMatch(/^[0-9a-f-]{36}$/);
      expect(first.host).not.toBeNull();
      expect(statSync(fileOf(home)).mode & 0o777).toBe(0o600);
      const text = readFileSync(fileOf(home), "utf8");
      for (const secret of ["arg-s3cret", "it went wrong", "\u001b", world.as.clients.basic.secret])
        expect(text).not.toContain(secret);
    }),
    60_000,
  );

  test.concurrent(
    "has arguments and results where they are wanted, and the trace of the environment",
    inHome(async (home) => {
      await logIn(world, home);
      const traceId = "0af7651916cd43dd8448eb211c80319c";
      const env = {
        M2MCP_AUDIT: fileOf(home),
        M2MCP_AUDIT_ARGUMENTS: "1",
        TRACEPARENT: `00-${traceId}-00f067aa0ba902b7-01`,
      };
      await home.run(["@svc", "tools-call", "echo", "text=hello"], { env });
      expect(entries(home)).toMatchObject([
        { arguments: { text: "hello" }, result: { content: [{ type: "text" }] }, trace_id: traceId },
      ]);
    }),
    60_000,
  );

  test.concurrent(
    "of a bridge names the host's client and its ids, and what a rule has denied",
    inHome(async (home) => {
      await logIn(world, home);
      const bridge = startBridge(home, ["@svc", "--audit", fileOf(home), "--deny-tool", "add"]);
      bridge.say(
        INITIALIZE,
        INITIALIZED,
        call("seven", "echo", { text: "hi" }),
        call(8, "add", { a: 1, b: 2 }),
      );
      bridge.say(
        request(9, "prompts/get", { name: "nothing" }),
        request(10, "resources/read", { uri: "x:s3cret" }),
      );
      await Promise.all(["seven", 8, 9, 10].map((id) => bridge.answer(id)));
      expect(await bridge.end()).toBe(0);
      const all = entries(home);
      expect(all).toHaveLength(4);
      const of = (id: unknown) => all.find((entry) => entry.request_id === id);
      expect(of("seven")).toMatchObject({ ...LAUNCHED, verb: "bridge", tool: "echo", outcome: "ok" });
      expect(of("seven").client).toMatch(/^[^/]+\/.+$/);
      expect(of(8)).toMatchObject({
        tool: "add",
        outcome: "denied",
        error: "tool_denied",
        response_bytes: null,
      });
      expect(of(9)).toMatchObject({
        method: "prompts/get",
        tool: "nothing",
        outcome: "error",
        error: "-32602",
      });
      expect(of(10)).toMatchObject({ method: "resources/read", tool: null, outcome: "error" });
      expect(readFileSync(fileOf(home), "utf8")).not.toContain("x:s3cret");
    }),
    60_000,
  );

  for (const place of ["syslog", "journald"])
    test.concurrent(
      `of serve goes to stderr too, where ${place} reads how grave a line is`,
      inHome(async (home) => {
        await logIn(world, home);
        const serve = await startServe(home, ["@svc", "--audit", place]);
        const client = await connectLegacy({ url: world.mcp.url, env: home.env, served: serve.url });
        await client.call("add", { a: 1, b: 2 });
        await client.call("fail", {});
        await client.close();
        expect(await serve.stop()).toBe(0);
        const lines = serve
          .stderr()
          .split("\n")
          .filter((line) => line.includes('"outcome"'));
        expect(lines.map((line) => line.slice(0, 4))).toEqual(["<6>{", "<4>{"]);
        expect(entriesIn(serve.stderr())).toMatchObject([
          { ...LAUNCHED, verb: "serve", tool: "add", outcome: "ok" },
          { tool: "fail", outcome: "tool_error" },
        ]);
      }),
      60_000,
    );

  test.concurrent(
    "that cannot be written ends the command before anything is sent",
    inHome(async (home) => {
      await logIn(world, home);
      mkdirSync(fileOf(home), { recursive: true });
      const { code, stderr } = await home.run([
        "@svc",
        "tools-call",
        "echo",
        "text=never sent",
        "--audit",
        fileOf(home),
      ]);
      expect(code).toBe(1);
      expect(stderr).toContain("the audit cannot be written to");
      expect(world.mcp.requests.filter(({ body }) => body.includes("never sent"))).toEqual([]);
      const wrong = ["@svc", "ping", "--audit", "a", "--audit-rotate", "often"];
      expect((await home.run(wrong)).stderr).toContain("--audit-rotate often is no size");
      expect(existsSync(join(home.folder, "a"))).toBe(false);
    }),
    60_000,
  );

  test.concurrent.skipIf(process.platform === "win32")(
    "into a pipe of the shell is written, or told to be closed where the program starts itself again",
    inHome(async (home) => {
      const heard = join(home.folder, "heard");
      const script = `"$0" "$@" --audit >(cat > "$HOME/heard")`;
      const shell = (...args: string[]) =>
        collect(spawn("bash", ["-c", script, BINARY, ...args], { env: home.env }));
      await logIn(world, home);
      expect((await shell("@svc", "tools-call", "echo", "text=hi")).code).toBe(0);
      await until(() => existsSync(heard) && readFileSync(heard, "utf8").includes('"tool":"echo"'));
      const { code, stderr } = await shell("serve", "@svc", "--listen", "127.0.0.1:0");
      expect(code).toBe(1);
      expect(stderr).toContain("what the shell had opened is closed");
    }),
    60_000,
  );
});
