// Whoever gives a call up, the server hears of it.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { collect, createHome, type Home } from "../../support/home.ts";
import { type Asked, event, json, type Scripted, says, stream } from "../../support/mcp/scripted.ts";
import { type LegacyOptions, startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { startModernServer } from "../../support/mcp/scripted-modern.ts";
import { startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { atTerminal, KEYS } from "../../support/terminal.ts";
import { until } from "../../support/waiting.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

/** A server whose tool answers as told, in a session. */
const calling = async (call: (asked: Asked) => unknown, options: LegacyOptions = {}) =>
  home.owns(
    await startLegacyServer((asked, response) => {
      if (asked.session === undefined) json(response, NOT_INITIALIZED, 400);
      else if (asked.method === "tools/call") call(asked);
      else response.writeHead(405).end();
    }, options),
  );
const NOT_INITIALIZED = { jsonrpc: "2.0", id: null, error: { code: -32000, message: "not initialized" } };
/** A server whose tool never answers. */
const hanging = (options?: LegacyOptions) => calling(({ response }) => stream(response), options);
/** Waits for the call, and gives its id. */
const called = async (server: Scripted) => {
  const find = () => server.seen.find(({ method, session }) => method === "tools/call" && session);
  await until(() => find() !== undefined);
  return find()?.id;
};
const exited = (child: ReturnType<Home["start"]>) =>
  new Promise<{ code: number | null; signal: string | null }>((resolve) =>
    child.on("close", (code, signal) => resolve({ code, signal })),
  );

describe("a legacy server is sent notifications/cancelled", () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    test(`by ${signal}, which then has its way`, async () => {
      const server = await hanging();
      const child = home.start([server.url, "tools-call", "hang", "a=1"]);
      const ended = exited(child);
      const id = await called(server);
      child.kill(signal);
      expect(await ended).toEqual({ code: null, signal });
      const told = server.seen.filter(({ method }) => method === "notifications/cancelled");
      expect(told.map(({ params }) => params?.requestId)).toEqual([id]);
    });

  test("by --timeout, exit 3", async () => {
    const server = await hanging();
    const run = await home.run([server.url, "tools-call", "hang", "a=1", "--timeout", "1"]);
    expect(run.code).toBe(3);
    expect(server.count("notifications/cancelled")).toBe(1);
  });

  test("by Ctrl-C at a terminal, 130 for the shell, and the terminal as it was", async () => {
    const server = await hanging();
    const screen = atTerminal(home, [server.url, "tools-call", "hang", "a=1"], {
      shell: 'trap : INT; "$@"; echo "ended with $?"; stty -a | grep -o " echo "',
    });
    await screen.shows(/waiting for/);
    screen.type(KEYS.ctrlC);
    await screen.shows(/ended with 130\n echo /);
    expect(server.count("notifications/cancelled")).toBe(1);
  });
});

test("an answer that comes in the moment after it is shown, and the signal has its way all the same", async () => {
  const server = await calling(({ id, response }) => {
    stream(response);
    const answered = setInterval(() => {
      if (server.count("notifications/cancelled") === 0) return;
      clearInterval(answered);
      event(response, { id, result: says("done after all") });
    }, 20);
  });
  const child = home.start([server.url, "tools-call", "hang", "a=1"]);
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const ended = exited(child);
  await called(server);
  child.kill("SIGINT");
  expect(await ended).toEqual({ code: null, signal: "SIGINT" });
  expect(out).toBe("done after all\n");
});

test("a modern server sees the stream closed, also of the first request that it ever gets", async () => {
  const server = home.owns(await startModernServer());
  let closed = 0;
  server.methods["tools/call"] = ({ response }) => {
    stream(response);
    response.on("close", () => closed++);
  };
  const child = home.start([server.url, "tools-call", "hang", "a=1"]);
  const ended = exited(child);
  await until(() => server.count("tools/call") === 1);
  const startedMs = performance.now();
  child.kill("SIGINT");
  expect(await ended).toEqual({ code: null, signal: "SIGINT" });
  await until(() => closed === 1);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test("of a server that was not reached yet, it is not said that it was told", async () => {
  let asked = 0;
  const world = home.owns(await startScriptedWorld({ token: () => asked++ }));
  const child = home.start([world.url, "tools-list", "--client-id", "id"], {
    env: { M2MCP_CLIENT_SECRET: "s3cr3t-value" },
  });
  const ended = collect(child);
  await until(() => asked === 1);
  child.kill("SIGTERM");
  expect((await ended).stderr).toContain(
    "error: given up (SIGTERM); the server has been told, if it was reached\n",
  );
});

test("of one that has said something, it is said that it was told", async () => {
  const server = await calling(({ response, params }) => {
    stream(response);
    const { progressToken } = (params?._meta ?? {}) as { progressToken?: unknown };
    event(response, { method: "notifications/progress", params: { progressToken, progress: 1 } });
  });
  const child = home.start([server.url, "tools-call", "hang", "a=1", "--progress"]);
  const ended = collect(child);
  await new Promise<void>((resolve) =>
    child.stderr.on("data", (text) => String(text).includes("progress 1") && resolve()),
  );
  child.kill("SIGINT");
  expect((await ended).stderr).toEndWith("error: given up (SIGINT); the server has been told\n");
});

test("a second signal does not wait", async () => {
  // It does not take what it is told either.
  const server = await hanging({ before: ({ method }) => method === "notifications/cancelled" });
  const child = home.start([server.url, "tools-call", "hang", "a=1"]);
  const ended = exited(child);
  await called(server);
  child.kill("SIGINT");
  await until(() => server.count("notifications/cancelled") === 1);
  child.kill("SIGINT");
  expect(await ended).toEqual({ code: null, signal: "SIGINT" });
});
