// `m2mcp serve` and clients that speak HTTP in every way there is, rightly or wrongly; where it listens, how it ends.
import { expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { BINARY, collect, createHome, homeForEachTest, ROOT } from "../support/home.ts";
import { startCountingServer } from "../support/mcp/counting-server.ts";
import { reply } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE } from "../support/messages.ts";
import { startServe } from "../support/serve.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const BODY = JSON.stringify(INITIALIZE);
const TYPES = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";

/** What comes back on a connection of its own; `gone` where it was closed without a word. */
function said(url: string, text: string, limitMs = 5000): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect(Number(port), hostname.replace(/[[\]]/g, ""), () => socket.write(text));
    const timer = setTimeout(() => socket.destroy(), limitMs);
    socket.on("data", (part) => {
      heard += part;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(heard);
    });
  });
}
const statusIn = (heard: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1] ?? 0);

interface Written {
  line?: string;
  host?: string;
  types?: string;
  more?: string;
  body?: string;
}
const written = ({ line = "POST /mcp HTTP/1.1", host = "Host: localhost", ...rest }: Written = {}) => {
  const { types = TYPES, more = "", body = BODY } = rest;
  const length = `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n`;
  return `${line}\r\n${host === "" ? "" : `${host}\r\n`}${types}${more}${length}\r\n${body}`;
};

test("serve: hosts and origins in all their spellings", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url, "--allow-host", "Agents.Internal:443"]);
  const { port } = new URL(url);
  const status = async (text: string) => statusIn(await said(url, text));
  const hosts: [string, number][] = [
    ["LOCALHOST", 200],
    ["localhost.", 200],
    [`[::1]:${port}`, 200],
    ["[0:0:0:0:0:0:0:1]", 200],
    ["127.1:80", 200],
    ["[::ffff:127.0.0.1]", 200],
    ["agents.internal", 200],
    ["AGENTS.internal.:8080", 200],
    ["", 403],
    ["localhost/evil.example", 403],
    ["evil.example@localhost", 403],
    ["localhost, evil.example", 403],
    ["localhost:80:80", 403],
    ["[::]", 403],
    ["0.0.0.0", 403],
  ];
  for (const [host, wanted] of hosts)
    expect([host, await status(written({ host: `Host: ${host}` }))]).toEqual([host, wanted]);
  expect(await status(written({ host: "" }))).toBe(400);
  expect(await status(written({ host: "", line: "POST /mcp HTTP/1.0" }))).toBe(403);
  expect(await status(written({ line: "POST /mcp HTTP/1.0" }))).toBe(200);
  // A request that names its target whole means that host (RFC 9112 §3.2.2).
  expect(await status(written({ line: `POST ${url}?x=1 HTTP/1.1` }))).toBe(200);
  expect(await status(written({ line: "POST http://evil.example/mcp HTTP/1.1" }))).toBe(403);
  const origins: [string, number][] = [
    ["https://LOCALHOST", 200],
    ["http://[::1]:3000", 200],
    ["http://localhost.", 200],
    ["https://agents.internal", 200],
    ["null", 403],
    ["", 403],
    ["localhost", 403],
    ["file://", 403],
    ["chrome-extension://abc", 403],
    ["http://localhost, http://evil.example", 403],
  ];
  for (const [origin, wanted] of origins)
    expect([origin, await status(written({ more: `Origin: ${origin}\r\n` }))]).toEqual([origin, wanted]);
}, 30_000);

test("serve: what is asked for, in what form, of which kind", async () => {
  const server = home.owns(await startCountingServer());
  const { url } = await startServe(home, [server.url]);
  const status = async (given: Written) => statusIn(await said(url, written(given)));
  const accept = (value: string) => ({ types: `Content-Type: application/json\r\nAccept: ${value}\r\n` });
  const type = (value: string) => ({ types: `${TYPES.split("\r\n")[1]}\r\nContent-Type: ${value}\r\n` });
  const cases: [string, Written, number][] = [
    ["any type", accept("*/*"), 200],
    ["ranges", accept("application/*, text/*"), 200],
    ["weights, capitals", accept("Application/JSON;q=0.9,TEXT/event-stream;q=0.1"), 200],
    ["a weight of nothing", accept("application/json, text/event-stream;q=0"), 406],
    ["one type", accept("application/json"), 406],
    ["charset", type("application/json; charset=utf-8"), 200],
    ["another json", type("application/json-patch+json"), 415],
    ["a coding", { more: "Content-Encoding: gzip\r\n" }, 415],
    ["HEAD", { line: "HEAD /mcp HTTP/1.1", body: "" }, 405],
    ["OPTIONS", { line: "OPTIONS /mcp HTTP/1.1", body: "" }, 405],
    ["PUT", { line: "PUT /mcp HTTP/1.1" }, 405],
    ["another place", { line: "POST /mcp/ HTTP/1.1" }, 404],
    ["a probe that would change", { line: "POST /healthz HTTP/1.1" }, 405],
    ["one that would remove", { line: "DELETE /readyz HTTP/1.1", body: "" }, 405],
    ["measurements that are put", { line: "PUT /metrics HTTP/1.1" }, 405],
    ["a probe's head", { line: "HEAD /healthz HTTP/1.1", body: "" }, 200],
    ["two types", { more: "Content-Type: text/plain\r\n" }, 400],
    ["two origins", { more: "Origin: http://localhost\r\norigin: http://localhost\r\n" }, 400],
    ["two sessions", { more: "Mcp-Session-Id: a\r\nMCP-SESSION-ID: b\r\n" }, 400],
    ["two versions", { more: "MCP-Protocol-Version: 2025-11-25\r\n".repeat(2) }, 400],
    ["Accept in two lines", { types: TYPES.replace(", text", "\r\nAccept: text") }, 200],
    ["nothing", { body: "" }, 400],
    ["null", { body: "null" }, 400],
    ["an empty batch", { body: "[]" }, 400],
    ["a deep one", { body: "[".repeat(100_000) }, 400],
    ["two lengths", { more: "Content-Length: 5\r\n" }, 400],
    ["a length and chunks", { more: "Transfer-Encoding: chunked\r\n" }, 400],
  ];
  for (const [name, given, wanted] of cases) expect([name, await status(given)]).toEqual([name, wanted]);
  expect(await said(url, written({ line: "OPTIONS /mcp HTTP/1.1", body: "" }))).toMatch(
    /allow: GET, POST, DELETE/i,
  );
  const open = written().replace("Connection: close\r\n", "");
  const three = await said(url, open + open + written());
  expect(three.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
  const chunks = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
  const chunked = written({ body: "" }).replace("Content-Length: 0", "Transfer-Encoding: chunked");
  expect(statusIn(await said(url, chunked + chunks))).toBe(200);
  for (const coding of ["gzip, chunked", "gzip\r\nTransfer-Encoding: chunked", "Identity, Chunked"])
    expect([coding, statusIn(await said(url, chunked.replace("chunked", coding) + chunks))]).toEqual([
      coding,
      501,
    ]);
  expect(await said(url, written({ more: "Expect: 100-continue\r\n" }))).toContain("HTTP/1.1 200");
  // Half requests, noise and hundreds that say nothing cost nobody else anything.
  const silent = Array.from({ length: 300 }, () => connect(Number(new URL(url).port), "127.0.0.1"));
  for (const one of silent) one.on("error", () => {});
  await said(url, written().slice(0, -10), 200);
  await said(url, "\x16\x03\x01\x00\r\n\r\n", 500);
  await said(url, "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n", 500);
  expect(await status({})).toBe(200);
  for (const one of silent) one.destroy();
}, 30_000);

test("serve: a bearer that is rotated, in whatever lines it stands", async () => {
  const server = home.owns(await startCountingServer());
  const file = join(home.folder, "bearer");
  writeFileSync(file, "first\r\n", { mode: 0o600 });
  const { url, stderr } = await startServe(home, [server.url, "--bearer-file", file]);
  const shown = async (word: string) => {
    const more = `Authorization: Bearer ${word}\r\n`;
    return statusIn(await said(url, written({ more })));
  };
  expect(await shown("first")).toBe(200);
  expect(await shown(" first ")).toBe(200);
  for (const word of ["firs", "first2", "Bearer first", "first, other", '"first"'])
    expect([word, await shown(word)]).toEqual([word, 401]);
  // Of two, who stands before may have looked at the other.
  for (const word of ["first\r\nAuthorization: Bearer other", "other\r\nauthorization: Bearer first"])
    expect([word, await shown(word)]).toEqual([word, 400]);
  expect(await said(url, written())).toMatch(/\r\nwww-authenticate: Bearer\r\n/i);
  expect(await said(url, written({ more: "Authorization: Bearer x\r\n" }))).toContain(
    'error="invalid_token"',
  );
  writeFileSync(file, "\ufeffsecond\n");
  await sleep(150);
  // A new one counts at once, the old one no more from then on.
  expect(await shown("second")).toBe(200);
  expect(await shown("first")).toBe(401);
  writeFileSync(file, "");
  await sleep(1100);
  expect(await shown("second")).toBe(200);
  await until(() => stderr().includes("the bearer stays what it was"));
  expect(stderr()).not.toMatch(/first|second/);
  for (const [content, words] of [
    ["", "it is empty"],
    ["   \n", "holds is no bearer"],
    ["two words", "holds is no bearer"],
    ["x".repeat(40_000), "holds is no bearer"],
  ]) {
    writeFileSync(file, content ?? "");
    const outcome = await home.run(["serve", server.url, "--bearer-file", file]);
    expect([content, outcome.code === 0, outcome.stderr]).toEqual([
      content,
      false,
      expect.stringContaining(words ?? ""),
    ]);
    if (content) expect(outcome.stderr).not.toContain(content);
  }
});

test("serve: places to listen", async () => {
  const server = home.owns(await startCountingServer());
  for (const [listen, place] of [
    ["localhost:0", /at http:\/\/localhost:\d+\/mcp/],
    ["LOCALHOST:0", /at http:\/\/localhost:\d+\/mcp/],
    ["[::1]:0", /at http:\/\/\[::1\]:\d+\/mcp/],
    ["[0:0:0:0:0:0:0:1]:0", /at http:\/\/\[::1\]:\d+\/mcp/],
    ["127.1:0", /at http:\/\/127\.0\.0\.1:\d+\/mcp/],
    ["localhost.:0", /at http:\/\/localhost:\d+\/mcp/],
  ] as const) {
    const { url, stderr, stop } = await startServe(home, [server.url, "--listen", listen]);
    expect(stderr()).toMatch(place);
    expect(statusIn(await said(url.replace("localhost", "127.0.0.1"), written()))).toBe(200);
    await stop();
  }
  // A path says by itself where it is: others look for it from elsewhere.
  for (const listen of ["unix:~/s", "unix:./s"]) {
    const { url, stop } = await startServe(home, [server.url, "--listen", listen]);
    expect(url).toBe(`unix:${join(home.folder, "s")}`);
    await stop();
  }
  // What is no socket is somebody's file.
  const file = join(home.folder, "notes.txt");
  writeFileSync(file, "mine");
  const bearer = join(home.folder, "bearer");
  writeFileSync(bearer, "b3arer");
  const { port } = new URL(server.url);
  for (const [listen, words] of [
    [`unix:${file}`, "something else is there"],
    [`unix:${home.folder}/none/s`, "there is no such folder"],
    [`unix:/${"s".repeat(200)}`, "too long"],
    [`127.0.0.1:${port}`, "something listens there already"],
    [":0", "--bearer-file"],
    ["::1:0", "[::1]:8080"],
    ["127.300.1.1:0", "127.300.1.1 is no address"],
    ["[1:2]:0", "[1:2] is no address"],
    ["no.such.host.invalid:0 --bearer-file", "there is no such host"],
    ["[2001:db8::1]:0 --bearer-file", "cannot listen on [2001:db8::1]:0"],
    ["http://127.0.0.1:0", "is no place to listen"],
    ["", "is no place to listen"],
  ] as const) {
    const [place = "", ...option] = listen.split(" ");
    const guarded = option.length > 0 ? [...option, bearer] : [];
    const { code, stderr } = await home.run(["serve", server.url, "--listen", place, ...guarded]);
    expect([listen, code, stderr]).toEqual([listen, 1, expect.stringContaining(words)]);
  }
  expect(readFileSync(file, "utf8")).toBe("mine");
  for (const name of ["a b", "*", "*.example.com", ".example.com"]) {
    const { code, stderr } = await home.run(["serve", server.url, "--allow-host", name]);
    expect([name, code, stderr]).toEqual([name, 1, expect.stringContaining("--allow-host")]);
  }
}, 30_000);

test("serve: half of a request, and connections that say nothing, do not hold up the end", async () => {
  const server = home.owns(await startCountingServer());
  const { url, stop } = await startServe(home, [server.url]);
  const half = said(url, written().slice(0, -20), 20_000);
  const { port, hostname } = new URL(url);
  const others = ["", "POST /mcp"].map((text) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    return socket.on("error", () => {});
  });
  await sleep(300);
  const atMs = Date.now();
  expect(await stop()).toBe(0);
  expect(Date.now() - atMs).toBeLessThan(12_000);
  // Nothing of it was taken: a balancer may give it to another.
  expect(statusIn(await half)).toBe(503);
  for (const one of others) one.destroy();
}, 60_000);

for (const [runtime, command] of [
  ["the executable", undefined],
  // The program itself: what npm puts before it keeps signals to itself.
  ["Deno", [join(ROOT, "node_modules", "deno", "deno"), "run", "-A", "--no-lock", join(ROOT, "cli.ts")]],
] as const)
  test(`serve under ${runtime}: the first signal lets what is under way be answered, the second does not wait`, async () => {
    // What npm puts before it unpacks the program when it is first run.
    if (command) spawnSync(join(ROOT, "node_modules", ".bin", "deno"), ["--version"]);
    const own = createHome(command && [...command]);
    const server = own.owns(
      await startLegacyServer(async (asked) => {
        await sleep(asked.params.name === "long" ? 60_000 : 1000);
        reply(asked, {});
      }),
    );
    try {
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
        const { url, pid, ended } = await startServe(own, [server.url]);
        const first = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
          body: BODY,
        });
        const headers = {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-session-id": first.headers.get("mcp-session-id") ?? "",
        };
        const ask = (name: string) =>
          fetch(url, { method: "POST", headers, body: JSON.stringify(call(name, name)) });
        const before = server.count("tools/call");
        const short = ask("short");
        const long = signal !== "SIGTERM" ? ask("long").catch(() => "cut") : undefined;
        await until(() => server.count("tools/call") >= before + (long ? 2 : 1));
        process.kill(pid, signal);
        expect((await short).status).toBe(200);
        if (long) {
          const atMs = Date.now();
          process.kill(pid, signal);
          expect(await ended).toBe(0);
          expect(Date.now() - atMs).toBeLessThan(5000);
          await long;
        } else expect(await ended).toBe(0);
      }
    } finally {
      await own.remove();
    }
  }, 60_000);

// Whoever starts a fleet asks for its end at any moment: one that has no handler yet is ended by the system.
test.skipIf(process.platform !== "linux")(
  "serve: a signal while it starts ends it, at whatever step",
  async () => {
    const server = home.owns(await startCountingServer());
    const pipe = join(home.folder, "secret");
    const started = join(home.folder, "started");
    spawnSync("mkfifo", [pipe]);
    // Somebody who writes later.
    const writer = openSync(pipe, "r+");
    const reads = (pid: number) =>
      readdirSync(`/proc/${pid}/fd`).some((fd) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${fd}`) === pipe;
        } catch {
          return false;
        }
      });
    const steps: [string[], (pid: number) => boolean][] = [
      [["--client-secret-file", pipe], reads],
      [["--client-secret-command", `touch '${started}'; sleep 30`], () => existsSync(started)],
    ];
    for (const [secret, isThere] of steps) {
      const child = home.start(["serve", server.url, "--client-id", "id", ...secret]);
      const ended = collect(child);
      await until(() => isThere(child.pid ?? 0));
      child.kill("SIGTERM");
      const { code, stdout, stderr } = await ended;
      expect([code, stdout, stderr]).toEqual([0, "", ""]);
    }
    closeSync(writer);
  },
);

const canCompile = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;

test.if(canCompile)(
  "serve: a clock that is set while it ends takes no time from what is under way",
  async () => {
    const at = (name: string) => join(home.folder, name);
    // The time of day, an hour later once a file is there.
    writeFileSync(
      at("clock.c"),
      `#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
static int later(void) { return access(getenv("IS_LATER"), F_OK) == 0 ? 3600 : 0; }
int clock_gettime(clockid_t id, struct timespec *t) {
  int r = syscall(SYS_clock_gettime, id, t);
  if (r == 0 && id == CLOCK_REALTIME) t->tv_sec += later();
  return r;
}
int gettimeofday(struct timeval *t, void *z) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  t->tv_sec = now.tv_sec; t->tv_usec = now.tv_nsec / 1000;
  return 0;
}`,
    );
    expect(spawnSync("cc", ["-shared", "-fPIC", "-o", at("clock.so"), at("clock.c")]).status).toBe(0);
    let answer: (() => unknown) | undefined;
    const server = home.owns(
      await startLegacyServer((asked) => {
        answer = () => reply(asked, { content: [] });
      }),
    );
    const env = { LD_PRELOAD: at("clock.so"), IS_LATER: at("later") };
    const { url, pid, ended } = await startServe(home, [server.url], { env });
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
    const post = (message: unknown, more: object = {}) =>
      fetch(url, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(message) });
    const session = (await post(INITIALIZE)).headers.get("mcp-session-id") ?? "";
    const called = post(call(2, "slow"), { "mcp-session-id": session });
    await until(() => answer !== undefined);
    process.kill(pid, "SIGTERM");
    const listens = () =>
      fetch(url.replace("/mcp", "/healthz")).then(
        () => true,
        () => false,
      );
    while (await listens()) await sleep(10);
    writeFileSync(at("later"), "");
    // It looks for what is under way a few times by then.
    await Promise.race([ended, sleep(1000)]);
    answer?.();
    expect((await called).status).toBe(200);
    expect(await ended).toBe(0);
  },
);

// What nohup(1) does; a handler would take that back.
test.skipIf(process.platform !== "linux")(
  "serve: a hang-up that its starter has it ignore is ignored",
  async () => {
    const server = home.owns(await startCountingServer());
    const child = spawn("sh", ["-c", `trap '' HUP; exec "${BINARY}" serve ${server.url}`], { env: home.env });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    await until(() => / at http/.test(stderr));
    child.kill("SIGHUP");
    await sleep(300);
    const url = / at (http\S+)/.exec(stderr)?.[1] ?? "";
    expect((await fetch(url.replace("/mcp", "/healthz"))).status).toBe(200);
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
  },
);

test.skipIf(process.platform !== "linux" || process.getuid?.() !== 0)(
  "serve: a socket that another user has left is nobody's to take",
  async () => {
    const path = join(home.folder, "left.sock");
    const left = createServer().listen(path);
    await until(() => existsSync(path));
    chmodSync(home.folder, 0o711);
    chmodSync(path, 0o755);
    // A home of its own, and the program where that user may read it.
    const program = join(home.folder, "m2mcp");
    copyFileSync(BINARY, program);
    chmodSync(program, 0o755);
    const as = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    const words = spawnSync(
      "setpriv",
      [...as, program, "serve", "http://127.0.0.1:9/mcp", "--listen", `unix:${path}`],
      {
        env: { PATH: process.env.PATH },
        encoding: "utf8",
      },
    ).stderr;
    left.close();
    expect(words).toContain("this user may not (EACCES)");
  },
);
