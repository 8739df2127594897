// Many calls over one session: JSON lines in, JSON lines out.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, createHome, type Home } from "../../support/home.ts";
import { startFullLegacyServer } from "../../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../../support/mcp/full-modern-server.ts";
import type { FullServer } from "../../support/mcp/full-server.ts";
import { json, refuse, reply, says, stream } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { until } from "../../support/waiting.ts";

const start = { legacy: () => startFullLegacyServer("http"), modern: () => startFullModernServer() };
const slow = (ms: number) => ({ tool: "slow", arguments: { ms } });
const lines = (...calls: object[]) => calls.map((call) => `${JSON.stringify(call)}\n`).join("");
const read = (text: string) =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

for (const kind of ["legacy", "modern"] as const)
  describe(kind, () => {
    let server: FullServer;
    let home: Home;
    beforeAll(async () => {
      server = await start[kind]();
      home = createHome();
    });
    afterAll(async () => {
      await home.remove();
      await server.stop();
    });
    const run = (input: string, ...args: string[]) => home.run([server.url, "run", ...args], { input });

    test("tools, prompts, resources and methods, each under its id", async () => {
      const ran = await run(
        lines(
          { id: "a", tool: "echo", arguments: { text: "ünï" } },
          { prompt: "greet", arguments: { name: "Bo" } },
          { resource: "memo://one" },
          { id: { any: 1 }, method: "tools/list" },
        ),
        "-",
      );
      expect(ran.code).toBe(0);
      const [a, b, c, d] = read(ran.stdout);
      expect(a).toMatchObject({ id: "a", result: { content: [{ text: "ünï" }] } });
      expect(b).toMatchObject({ id: 2, result: { messages: [{ role: "user" }] } });
      expect(c).toMatchObject({ id: 3, result: { contents: [{ uri: "memo://one" }] } });
      expect(d).toMatchObject({ id: { any: 1 }, result: { tools: expect.any(Array) } });
    });

    test("arguments that are nested deeper than anybody reads are the failure of their call alone", async () => {
      const nested = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
      const deep = `{"tool":"echo","arguments":{"text":${nested}}}\n`;
      const ran = await run(`${deep}${lines({ tool: "echo", arguments: { text: "a" } })}`, "--keep-going");
      expect(ran.code).toBe(1);
      const [first, second] = read(ran.stdout);
      expect(first).toMatchObject({
        id: 1,
        error: { message: "call 1 cannot be read: it is nested deeper than 1000 levels" },
      });
      expect(second).toMatchObject({ id: 2, result: { content: [{ text: "a" }] } });
    });

    test("with --jq an answer is what the expression makes of it", async () => {
      const calls = lines(...["a", "b\nc"].map((text) => ({ tool: "echo", arguments: { text } })));
      const ran = await run(calls, "--jq", "[.id, .result.content[].text]");
      expect([ran.code, read(ran.stdout)]).toEqual([
        0,
        [
          [1, "a"],
          [2, "b\nc"],
        ],
      ]);
      const failed = await run(calls, "--jq", ".id.x");
      expect([failed.code, failed.stdout]).toEqual([1, ""]);
      expect(failed.stderr).toStartWith("error: --jq: ");
    });

    test("an answer that --jq cannot take ends it while the input goes on", async () => {
      const child = Bun.spawn([BINARY, server.url, "run", "-", "--jq", ".id.x"], {
        env: home.env,
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
      });
      child.stdin.write(lines({ tool: "echo", arguments: { text: "a" } }));
      await child.stdin.flush();
      const stderr = await new Response(child.stderr).text();
      expect([await child.exited, stderr]).toEqual([1, expect.stringMatching(/^error: --jq: /)]);
    });

    test("a folder is no file of calls", async () => {
      const ran = await run("", home.folder);
      expect([ran.code, ran.stderr]).toEqual([
        1,
        expect.stringMatching(/^error: cannot read .*: it is a folder\n/),
      ]);
    });

    test("answers come in the order of the calls, however many are under way", async () => {
      const times = [200, 20, 120, 10, 60, 1];
      const startedMs = performance.now();
      const ran = await run(lines(...times.map(slow)), "--parallel", "6");
      expect(read(ran.stdout).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(ran.code).toBe(0);
      expect(performance.now() - startedMs).toBeLessThan(10_000);
    });

    test("the first failure ends it; --keep-going goes on, and tells", async () => {
      const calls = lines(
        { tool: "echo", arguments: { text: "1" } },
        { tool: "fail" },
        { tool: "explode" },
        slow(1),
      );
      const stopped = await run(calls);
      expect(stopped.code).toBe(2);
      expect(read(stopped.stdout)).toHaveLength(2);
      const whole = await run(calls, "--keep-going", "--parallel", "2");
      expect(whole.code).toBe(2);
      expect(whole.stderr).toContain("2 of 4 calls failed; the first: the tool fail");
      expect(read(whole.stdout)).toMatchObject([
        { id: 1 },
        { id: 2, result: { isError: true } },
        { id: 3, error: { code: -31234, message: expect.stringContaining("boom") } },
        { id: 4, result: {} },
      ]);
    });

    test("a line that is no call is named, exit 1", async () => {
      const ran = await run('{"tool":"echo"}\n\nnonsense\n', "-");
      expect(ran.code).toBe(1);
      expect(ran.stderr).toContain("call 2 cannot be read: it is not valid JSON");
    });
  });

test("what means nothing in a line is told once, and a line that is no call is answered under its id", async () => {
  const home = createHome();
  const server = home.owns(await startFullLegacyServer("http"));
  const input = lines(
    { tool: "echo", arguments: { text: "a" }, args: { text: "b" } },
    { jsonrpc: "2.0", id: 7, method: "ping" },
    { tool: "echo", arguments: { text: "c\ufffd" }, args: {}, params: {} },
    { id: "mine", tool: "echo", arguments: [] },
    { id: null, tool: 1 },
  );
  const ran = await home.run([server.url, "run", "--keep-going"], { input });
  const [first, , third, fourth, fifth] = read(ran.stdout);
  expect([first, third]).toMatchObject([
    { id: 1, result: { content: [{ text: "a" }] } },
    { id: 3, result: { content: [{ text: "c\ufffd" }] } },
  ]);
  expect(fourth).toMatchObject({
    id: "mine",
    error: { message: "call 4 cannot be read: its arguments are no JSON object" },
  });
  expect(fifth).toMatchObject({ id: null, error: { name: "usage" } });
  expect(ran.stderr).toContain("warning: a line holds U+FFFD, which is sent in place of what is no UTF-8\n");
  expect(ran.stderr.match(/warning: .* means .*/g)).toEqual([
    "warning: args means nothing in a line for tools/call, and is not sent",
    "warning: params means nothing in a line for tools/call, and is not sent",
  ]);
  await home.remove();
});

test("long numbers come and go as they are written", async () => {
  const home = createHome();
  const server = home.owns(
    await startLegacyServer((asked, response) => {
      if (asked.method !== "tools/call") return response.writeHead(405).end();
      const given = /"n":([^}]*)/.exec(asked.text)?.[1];
      return json(response, `{"jsonrpc":"2.0","id":${asked.id},"result":{"content":[],"n":${given}}}`);
    }),
  );
  const input = '{"id":9007199254740993,"tool":"x","arguments":{"n":12345678901234567890.10}}\n';
  const ran = await home.run([server.url, "run"], { input });
  expect(ran.stdout).toBe('{"id":9007199254740993,"result":{"content":[],"n":12345678901234567890.10}}\n');
  await home.remove();
});

test("one answer at a time for who writes one call at a time", async () => {
  const home = createHome();
  const server = await startFullLegacyServer("http");
  const child = home.start([server.url, "run", "-"]);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  for (let call = 1; call <= 3; call++) {
    child.stdin.write(lines({ tool: "echo", arguments: { text: "x" } }));
    await until(() => read(out).length === call);
  }
  child.stdin.end();
  expect(await new Promise((resolve) => child.on("close", resolve))).toBe(0);
  await home.remove();
  await server.stop();
});

test("Ctrl-C ends the wait for more calls", async () => {
  const home = createHome();
  const server = await startFullLegacyServer("http");
  const child = home.start([server.url, "run", "-"]);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stdin.write(lines({ tool: "echo", arguments: { text: "x" } }));
  await until(() => read(out).length === 1);
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)))).toBe(
    "SIGINT",
  );
  await home.remove();
  await server.stop();
});

test("Ctrl-C gives up what is under way, and a reader that has gone ends it quietly", async () => {
  const home = createHome();
  let closed = 0;
  const server = home.owns(
    await startLegacyServer(({ method, session, params, response, id }) => {
      if (!session)
        return json(response, { jsonrpc: "2.0", id, error: { code: -32000, message: "no session" } }, 400);
      if (method !== "tools/call") return response.writeHead(method === "ping" ? 200 : 405).end();
      if (params?.name === "quick")
        return json(response, { jsonrpc: "2.0", id, result: says("x".repeat(100_000)) });
      stream(response).on("close", () => closed++);
    }),
  );
  const file = join(home.folder, "calls.jsonl");
  writeFileSync(file, lines({ tool: "hang" }, { tool: "hang" }));
  const child = home.start([server.url, "run", file, "--parallel", "2", "--timeout", "5"]);
  await until(() => server.seen.filter(({ params }) => params?.name === "hang").length >= 2);
  child.kill("SIGINT");
  expect(await new Promise((resolve) => child.on("close", (_code, signal) => resolve(signal)))).toBe(
    "SIGINT",
  );
  expect(server.count("notifications/cancelled")).toBe(2);

  writeFileSync(file, lines(...Array.from({ length: 200 }, () => ({ tool: "quick" }))));
  const many = home.start([server.url, "run", file]);
  many.stdout.once("data", () => many.stdout.destroy());
  expect(await new Promise((resolve) => many.on("close", resolve))).toBe(0);
  expect(server.seen.filter(({ params }) => params?.name === "quick").length).toBeLessThan(100);
  await home.remove();
});

test("the session of an earlier command may be lost in the middle: what is under way there is refused or answered, and nothing is called twice", async () => {
  const home = createHome();
  const called: string[] = [];
  let isGone = false;
  const server = await startLegacyServer(async (asked, response) => {
    const { http, method, session, params } = asked;
    if (http === "GET") return void response.writeHead(405).end();
    if (session === undefined)
      return refuse(asked, 400, { code: -32600, message: "Bad Request: no session" });
    if (method !== "tools/call") return reply(asked, { tools: [] });
    const wasGone = isGone && session === "s1";
    await Bun.sleep(Number(params.arguments.ms));
    if (params.name === "forget") isGone = true;
    if (wasGone) return refuse(asked, 404, { code: -32001, message: "Session not found" });
    called.push(`${params.name} in ${session}`);
    reply(asked, says(session));
  });
  await home.run([server.url, "ping"]);
  const call = (tool: string, ms: number) => ({ tool, arguments: { ms } });
  const input = lines(
    call("forget", 100),
    call("slow", 1500),
    call("other", 150),
    call("tardy", 600),
    call("next", 0),
  );
  const ran = await home.run([server.url, "run", "-", "--parallel", "3"], { input });
  expect(ran).toMatchObject({ code: 0, stderr: expect.not.stringContaining("error") });
  expect(read(ran.stdout).map(({ result }) => result.content[0].text)).toEqual([
    "s1",
    "s1",
    "s1",
    "s2",
    "s2",
  ]);
  expect(called.sort()).toEqual(["forget in s1", "next in s2", "other in s1", "slow in s1", "tardy in s2"]);
  expect(server.count("initialize")).toBe(2);
  await server.stop();
  await home.remove();
});
