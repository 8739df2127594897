// Long requests that come to `m2mcp serve` together: they are read one after the other, not all at once.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { homeForEachTest } from "../support/home.ts";
import { reply, says } from "../support/mcp/scripted.ts";
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

const long = "x".repeat(LENGTH);

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
    begin(id: number, length = LENGTH) {
      const body = Buffer.from(JSON.stringify(call(id, "x", { x: long })));
      const head = Object.entries({ ...headers, "content-length": String(body.length) });
      const socket = connect(Number(port), hostname);
      let heard = "";
      socket.on("data", (data) => {
        heard += data;
      });
      const answer = new Promise<string>((resolve) => socket.on("close", () => resolve(heard)));
      socket.on("error", () => {});
      socket.write(`POST /mcp HTTP/1.1\r\n${head.map((pair) => pair.join(": ")).join("\r\n")}\r\n\r\n`);
      for (let at = 0; at < length; at += 65_536)
        socket.write(body.subarray(at, Math.min(at + 65_536, length)), () => taken++);
      return { answer, heard: () => heard, end: () => void socket.write(body.subarray(length)), socket };
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
  60_000,
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

test("serve: long requests that their server leaves waiting do not take the memory of all; each has its answer in turn", async () => {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  const server = home.owns(
    await startLegacyServer(async (asked) => {
      if (asked.method !== "tools/call") return reply(asked, {});
      if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
      return reply(asked, says("done"));
    }),
  );
  const { url } = await startServe(home, [server.url]);
  const { begin, taken } = await connectClient(url);
  const all = Array.from({ length: 16 }, (_, at) => begin(at + 10));
  for (const { end } of all) end();
  await until(() => waiting.length > 6, 30_000);
  for (let before = ""; before !== `${taken()} ${waiting.length}`; await sleep(1000))
    before = `${taken()} ${waiting.length}`;
  expect(waiting.length).toBeLessThan(13);
  isOpen = true;
  for (const go of waiting) go();
  for (const { answer } of all) expect(await answer).toContain('"text":"done"');
}, 60_000);
