// Long requests that come to `m2mcp serve` together: they are read one after the other, not all at once.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { homeForEachTest } from "../support/home.ts";
import { reply, says } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, initialize } from "../support/messages.ts";
import { peakMb } from "../support/process.ts";
import { startServe } from "../support/serve.ts";
import { sleep } from "../support/waiting.ts";

const home = homeForEachTest();
const VERSION = "2025-11-25";
const HEADERS = { "content-type": "application/json", accept: "application/json, text/event-stream" };
const LENGTH = 20 * 1024 * 1024;
const REQUESTS = 30;

test.skipIf(process.platform !== "linux")(
  "serve: long requests that come at once do not take the memory of all, and each has its answer",
  async () => {
    const server = home.owns(
      await startLegacyServer((asked) =>
        reply(asked, asked.method === "tools/call" ? says(String(asked.params.arguments.x.length)) : {}),
      ),
    );
    const { url, pid } = await startServe(home, [server.url]);
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
    const long = "x".repeat(LENGTH);
    let taken = 0;
    /** Sends all but the end of a body. */
    function begin(id: number) {
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
      for (let at = 0; at < LENGTH; at += 65_536)
        socket.write(body.subarray(at, Math.min(at + 65_536, LENGTH)), () => taken++);
      return { answer, end: () => void socket.write(body.subarray(LENGTH)) };
    }
    const all = Array.from({ length: REQUESTS }, (_, at) => begin(at + 10));
    // Until nothing more of any is taken.
    for (let before = -1; before !== taken; await sleep(1000)) before = taken;
    for (const { end } of all) end();
    for (const { answer } of all) expect(await answer).toContain(`"text":"${LENGTH}"`);
    const peak = peakMb(pid);
    console.log(`${REQUESTS} requests of 20 MB at once: ${peak.toFixed(0)} MB`);
    expect(peak).toBeLessThan(800);
  },
  60_000,
);
