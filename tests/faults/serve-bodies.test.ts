// Long requests that come to `m2mcp serve` together: they are read one after the other, not all at once.
import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, initialize } from "../support/messages.ts";
import { peakMb } from "../support/process.ts";
import { startServe } from "../support/serve.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const VERSION = "2025-11-25";
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const LENGTH = 20 * 1024 * 1024;
const REQUESTS = 30;

/** What all bodies are long by, in the place of this word. */
const LONG = Buffer.alloc(LENGTH, "x");
const x = "LONG";

/** A client in a session of its own, whose bodies come piece by piece. */
async function connectClient(url: string) {
  const { hostname, port } = new URL(url);
  const opened = await fetch(url, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify(initialize(VERSION)),
  });
  const headers = {
    ...HEADERS,
    host: hostname,
    "mcp-session-id": opened.headers.get("mcp-session-id") ?? "",
    "mcp-protocol-version": VERSION,
    connection: "close",
  };
  let taken = 0;
  return {
    /** How many pieces were taken of all bodies. */
    taken: () => taken,
    /** Sends all of a body but what is beyond `length`. */
    begin(id: number, length = LENGTH, message: object = call(id, "x", { x })) {
      const [before = "", after = ""] = JSON.stringify(message).split(x);
      const head = Object.entries({
        ...headers,
        "content-length": String(before.length + LENGTH + after.length),
      });
      const socket = connect(Number(port), hostname);
      let heard = "";
      socket.on("data", (data) => {
        heard += data;
      });
      const answer = new Promise<string>((resolve) => socket.on("close", () => resolve(heard)));
      socket.on("error", () => {});
      socket.write(
        `POST /mcp HTTP/1.1\r\n${head.map((pair) => pair.join(": ")).join("\r\n")}\r\n\r\n${before}`,
      );
      for (let at = 0; at < length; at += 65_536)
        socket.write(LONG.subarray(at, Math.min(at + 65_536, length)), () => taken++);
      const end = () => {
        socket.write(LONG.subarray(length));
        socket.write(after);
      };
      return { answer, heard: () => heard, end, socket };
    },
  };
}

test.skipIf(process.platform !== "linux")(
  "serve: long requests that come at once do not take the memory of all, and each has its answer",
  async () => {
    const server = home.owns(
      await startLegacyServer((asked) =>
        reply(asked, asked.method === "tools/call" ? says(String(asked.params.arguments.x.length)) : {}),
      ),
    );
    const { url, pid } = await startServe(home, [server.url]);
    const { begin, taken } = await connectClient(url);
    const all = Array.from({ length: REQUESTS }, (_, at) => begin(at + 10));
    // Until nothing more of any is taken.
    for (let before = -1; before !== taken(); await sleep(1000)) before = taken();
    for (const { end } of all) end();
    for (const { answer } of all) expect(await answer).toContain(`"text":"${LENGTH}"`);
    const peak = peakMb(pid);
    console.log(`${REQUESTS} requests of 20 MB at once: ${peak.toFixed(0)} MB`);
    expect(peak).toBeLessThan(800);
  },
  180_000,
);

test("serve: a long body that drips in does not hold up others for longer than a moment", async () => {
  const server = home.owns(
    await startLegacyServer((asked) => reply(asked, asked.method === "tools/call" ? says("done") : {})),
  );
  const { url } = await startServe(home, [server.url]);
  const { begin } = await connectClient(url);
  const slow = begin(10, LENGTH / 2);
  const drips = setInterval(() => slow.socket.write("x"), 500);
  try {
    // More than there is room for beside it.
    const others = Array.from({ length: 6 }, (_, at) => begin(at + 11));
    for (const { end } of others) end();
    for (const { answer } of others) expect(await answer).toContain('"text":"done"');
    expect(await slow.answer).toStartWith("HTTP/1.1 408");
  } finally {
    clearInterval(drips);
  }
}, 90_000);

describe("serve: long requests that their server leaves waiting do not take the memory of all", () => {
  /** A server that answers what is long only once it is let. */
  async function startWaiting() {
    const waiting: (() => void)[] = [];
    let isOpen = false;
    const before = (asked: Asked): boolean => {
      if (asked.text.length < LENGTH) return false;
      // What was asked is kept, and need not be kept long.
      Object.assign(asked, { text: "", params: undefined, error: undefined });
      const answer = () => reply(asked, says("done"));
      if (isOpen) answer();
      else waiting.push(answer);
      return true;
    };
    const server = home.owns(await startLegacyServer((asked) => reply(asked, {}), { before }));
    const { url } = await startServe(home, [server.url]);
    const client = await connectClient(url);
    return {
      ...client,
      waiting,
      beginAll(count: number, first: number, messages: object[] = []) {
        const all = Array.from({ length: count }, (_, at) =>
          client.begin(first + at, LENGTH, messages[at % messages.length]),
        );
        for (const { end } of all) end();
        return all;
      },
      /** Waits until nothing moves any more; some were begun by then, at the server unless it is said where. */
      async settled(begun: () => number = () => waiting.length) {
        await until(() => begun() > 6, 30_000);
        const now = () => `${client.taken()} ${waiting.length} ${begun()}`;
        for (let before = ""; before !== now(); await sleep(1000)) before = now();
      },
      release() {
        isOpen = true;
        for (const go of waiting) go();
      },
    };
  }

  test("each has its answer in turn", async () => {
    const { beginAll, waiting, settled, release } = await startWaiting();
    const all = beginAll(16, 10);
    await settled();
    expect(waiting.length).toBeLessThan(13);
    release();
    for (const { answer } of all) expect(await answer).toContain('"text":"done"');
  }, 60_000);

  test("nor where their clients hang up: what waited is not made, and what is under way counts on", async () => {
    const { beginAll, waiting, settled, release } = await startWaiting();
    const left = beginAll(16, 10);
    await settled();
    for (const { socket } of left) socket.destroy();
    const all = beginAll(6, 100);
    await settled();
    expect(waiting.length).toBeLessThan(13);
    release();
    for (const { answer } of all) expect(await answer).toContain('"text":"done"');
  }, 60_000);

  test("nor notifications and answers, which are accepted before", async () => {
    const { beginAll, settled, release } = await startWaiting();
    const all = beginAll(20, 10, [
      { jsonrpc: "2.0", method: "notifications/x", params: { x } },
      { jsonrpc: "2.0", id: null, error: { code: 1, message: x } },
    ]);
    const accepted = () => all.filter(({ heard }) => heard().startsWith("HTTP/1.1 202")).length;
    await settled(accepted);
    expect(accepted()).toBeLessThan(18);
    release();
    for (const { answer } of all) expect(await answer).toStartWith("HTTP/1.1 202");
  }, 60_000);
});
