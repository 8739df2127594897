// Answers that are longer than the limit.
import { describe, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, result, type Script } from "../support/mcp/scripted.ts";
import { type LegacyOptions, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, lines } from "../support/messages.ts";
import { peakMb } from "../support/process.ts";
import { sleep } from "../support/waiting.ts";

const home = homeForEachTest();
const serve = async (script: Script, options?: LegacyOptions) =>
  home.owns(await startLegacyServer(script, options));

describe("an answer of 300 MB is refused at the limit, and the bridge lives on:", () => {
  for (const as of ["JSON", "an event"] as const)
    test(as, async () => {
      const server = await serve(({ id, params }, response) => {
        if (params?.name !== "big") return json(response, result(id));
        response.writeHead(200, { "content-type": as === "JSON" ? "application/json" : "text/event-stream" });
        response.write(`${as === "JSON" ? "" : "data: "}{"jsonrpc":"2.0","id":${id},"result":{"text":"`);
        const mb = Buffer.alloc(1024 * 1024, "x");
        let sent = 0;
        const more = () => {
          while (sent++ < 300 && !response.destroyed)
            if (!response.write(mb)) return void response.once("drain", more);
          response.end(`"}}${as === "JSON" ? "" : "\n\n"}`);
        };
        more();
      });
      const { child, say, hear, answer } = startBridge(home, [server.url]);
      say(INITIALIZE, call(2, "big"));
      const { error } = await answer(2, 60_000);
      expect(error.data.code).toBe("answer_too_long");
      expect(error.message).toContain("256 MiB");
      say(call(3));
      await hear(({ id, result }) => id === 3 && result.text === "ok");
      console.log(`300 MB as ${as}: peak ${peakMb(child.pid).toFixed(0)} MB`);
      expect(peakMb(child.pid)).toBeLessThan(1500);
    }, 90_000);
});

/** Writes a head, so many MB of a piece, and an end. */
function pour(response: ServerResponse, [head, piece, end]: [string, string, string], mb: number) {
  const bytes = Buffer.from(piece.repeat(Math.floor((1024 * 1024) / piece.length)));
  let sent = 0;
  response.write(head);
  const more = () => {
    while (sent++ < mb && !response.destroyed)
      if (!response.write(bytes)) return void response.once("drain", more);
    response.end(end);
  };
  more();
}

describe("an answer that holds more than its length says is refused, and the bridge lives on:", () => {
  const kinds: [what: string, type: string, parts: [string, string, string], mb: number][] = [
    ["an event of many lines", "text/event-stream", ["", "data: x\n", "\n"], 250],
    ["an event of bare lines", "text/event-stream", ["", "data\n", "\n"], 250],
    ["a batch", "application/json", ["[", "{},", "{}]"], 100],
    ["a batch in an event", "text/event-stream", ["data: [", "{},", "{}]\n\n"], 100],
    ["a result", "application/json", ['{"jsonrpc":"2.0","id":2,"result":{"content":[', "{},", "{}]}}"], 100],
    ["a nest", "application/json", ['{"jsonrpc":"2.0","id":2,"result":', "[", "}"], 100],
  ];
  for (const [what, type, parts, mb] of kinds)
    test(what, async () => {
      const server = await serve(({ id, params }, response) => {
        if (params?.name !== "big") return json(response, result(id));
        response.writeHead(200, { "content-type": type });
        pour(response, parts, mb);
      });
      const { child, say, hear, answer } = startBridge(home, [server.url]);
      say(INITIALIZE, call(2, "big"));
      const { error } = await answer(2, 60_000);
      expect(["answer_too_long", "invalid_answer"]).toContain(error.data.code);
      say(call(3));
      await hear(({ id, result }) => id === 3 && result.text === "ok");
      console.log(`${what}: peak ${peakMb(child.pid).toFixed(0)} MB`);
      expect(peakMb(child.pid)).toBeLessThan(1000);
    }, 90_000);
});

describe("an answer of 250 MiB passes, below 1.2 GB:", () => {
  for (const as of ["JSON", "an event"] as const)
    test(as, async () => {
      const server = await serve(({ id, params }, response) => {
        if (params?.name !== "big") return json(response, result(id));
        response.writeHead(200, { "content-type": as === "JSON" ? "application/json" : "text/event-stream" });
        const head = `${as === "JSON" ? "" : "data: "}{"jsonrpc":"2.0","id":${id},"result":{"text":"`;
        pour(response, [head, "x", `"}}${as === "JSON" ? "" : "\n\n"}`], 250);
      });
      const child = home.start(["bridge", server.url]);
      let length = 0;
      child.stdout.on("data", (bytes: Buffer) => {
        length += bytes.length;
      });
      child.stdin.write(lines(INITIALIZE, call(2, "big")));
      for (let waits = 0; waits < 600 && length < 250 * 1024 * 1024; waits++) await sleep(100);
      console.log(`250 MiB as ${as}: peak ${peakMb(child.pid).toFixed(0)} MB`);
      expect(length).toBeGreaterThan(250 * 1024 * 1024);
      expect(peakMb(child.pid)).toBeLessThan(1200);
    }, 90_000);
});
