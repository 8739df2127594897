// A message bus or a Secret Service that takes a question and never answers: nothing waits for it, nothing is left of it.
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { BINARY, collect, createHome, type Home } from "../support/home.ts";
import { type SmallWorld, startSmallWorld } from "../support/oauth/small-world.ts";
import { sleep } from "../support/waiting.ts";
import { withSecretService } from "./secret-service.ts";

let home: Home;
let world: SmallWorld;
let bus: Server | undefined;
beforeEach(async () => {
  home = createHome();
  world = await startSmallWorld();
});
afterEach(async () => {
  bus?.close();
  bus = undefined;
  await world.stop();
  home.remove();
});

/** A message bus of one's own making. @param answer what it says to each line of the handshake */
async function startBus(answer: (line: string) => string): Promise<void> {
  const path = join(home.folder, "bus");
  bus = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      for (const line of bytes.toString("latin1").split("\r\n")) {
        const said = answer(line.replace("\0", ""));
        if (said !== "") socket.write(`${said}\r\n`);
      }
    });
  }).listen(path);
  await new Promise((resolve) => bus?.once("listening", resolve));
  home.env.DBUS_SESSION_BUS_ADDRESS = `unix:path=${path}`;
}

const BUSES: Record<string, (line: string) => string> = {
  "says nothing": () => "",
  "says nothing after its handshake": (line) => {
    if (line.startsWith("AUTH EXTERNAL")) return "OK 0123456789abcdef0123456789abcdef";
    return line.startsWith("NEGOTIATE_UNIX_FD") ? "AGREE_UNIX_FD" : "";
  },
};
const CREDENTIALS = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s" };

for (const [kind, answer] of Object.entries(BUSES))
  test(`a message bus that ${kind} is given up, and a new store keeps its key in a file`, async () => {
    await startBus(answer);
    const { code, stdout, stderr } = await home.run(["tools-list", world.url], {
      env: CREDENTIALS,
      limitMs: 20_000,
    });
    expect([code, stdout, stderr]).toEqual([0, "there\n", expect.stringContaining("kept in")]);
    expect(existsSync(join(home.folder, "store", "store.key"))).toBe(true);
  });

test("a bridge beside a bus that says nothing answers its first request within 30 s", async () => {
  await startBus(() => "");
  const child = home.start(["bridge", world.url], { env: CREDENTIALS });
  const ended = collect(child);
  const startedMs = performance.now();
  child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })}\n`);
  const { stdout } = await ended;
  expect(stdout).toContain('"there"');
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test("a command that is ended while it waits for the keyring leaves no process and no file", async () => {
  await startBus(() => "");
  home.env.TMPDIR = join(home.folder, "tmp");
  mkdirSync(home.env.TMPDIR);
  for (const signal of ["SIGTERM", "SIGKILL", "SIGINT"] as const) {
    const child = home.start(["tools-list", world.url], { env: CREDENTIALS });
    const ended = collect(child);
    await sleep(300);
    child.kill(signal);
    const startedMs = performance.now();
    expect((await ended).code).not.toBe(0);
    // The keyring is waited for 4 s.
    expect(performance.now() - startedMs).toBeLessThan(3000);
  }
  expect(readdirSync(home.env.TMPDIR)).toEqual([]);
});

test("a keyring that stops answering is an error for who needs its key; once it answers again, all is well", async () => {
  const { stdout, stderr } = await withSecretService(
    `"$M2MCP" login "$URL" @svc >/dev/null
    kill -STOP $(cat "$HOME/daemon")
    (unset M2MCP_CLIENT_ID M2MCP_CLIENT_SECRET; time "$M2MCP" @svc tools-list; echo "code $?")
    "$M2MCP" tools-list "$URL"; echo "code $?"
    kill -CONT $(cat "$HOME/daemon")
    "$M2MCP" @svc tools-list; echo "code $?"`,
    { ...home.env, ...CREDENTIALS, M2MCP: BINARY, URL: world.url, TIMEFORMAT: "took %0R s" },
  );
  expect(stdout).toBe("code 5\nthere\ncode 0\nthere\ncode 0\n");
  expect(stderr).toContain("which does not give it: it gives no answer");
  expect(stderr.match(/warning: tokens are kept for this run only/g)).toHaveLength(1);
  expect(stderr).toMatch(/took [2345] s/);
});
