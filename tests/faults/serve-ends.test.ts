// What comes to a process of `m2mcp serve` that is ending, over a connection whose last answer was still owed.
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { homeForEachTest } from "../support/home.ts";
import type { Asked } from "../support/mcp/scripted.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call } from "../support/messages.ts";
import { httpClient } from "../support/replicas-by-hand.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();
const says = (text: string) => ({ content: [{ type: "text", text }] });

/** A connection that is written to by hand, and what came on it. */
function connection(url: string, id: string) {
  const { port } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  let heard = "";
  socket.setEncoding("utf8").on("data", (text) => {
    heard += text;
  });
  const head = (line: string, accept: string) =>
    `${line} /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: ${accept}\r\nmcp-session-id: ${id}\r\n`;
  return {
    heard: () => heard,
    get: () => void socket.write(`${head("GET", "text/event-stream")}\r\n`),
    post(message: object, length?: number) {
      const body = JSON.stringify(message);
      const types = "content-type: application/json\r\n";
      const size = `content-length: ${length ?? body.length}\r\n\r\n`;
      socket.write(head("POST", "application/json, text/event-stream") + types + size + body);
    },
  };
}

test("serve: a stream and half a request that come while it ends do not hold that up", async () => {
  const server = home.owns(await startModernServer());
  const waiting: Asked[] = [];
  Object.assign(server.methods, { "tools/call": (asked: Asked) => void waiting.push(asked) });
  const { url, ended, stop, stderr } = await startServe(home, [server.url, "--verbose"]);
  const it = httpClient("keeps its first id");
  await it.open(url);
  const [streams, half] = [connection(url, it.id()), connection(url, it.id())];
  streams.post(call(1));
  half.post(call(2));
  const last = it.ask(url, call(3, "last"));
  await until(() => waiting.length === 3);
  const startedMs = performance.now();
  void stop();
  await until(() => /nothing new is taken/.test(stderr()));
  const isLast = ({ params }: Asked) => params?.name === "last";
  for (const asked of waiting) if (!isLast(asked)) complete(asked, says("done"));
  await until(() => /done/.test(streams.heard()) && /done/.test(half.heard()));
  streams.get();
  half.post(call(4), 10_000);
  await until(() => /event-stream[\s\S]*\r\n0\r\n\r\n$/.test(streams.heard()));
  await until(() => / 503 /.test(half.heard()));
  complete(waiting.find(isLast) as Asked, says("done at last"));
  expect((await last).result).toEqual(says("done at last"));
  expect(await ended).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
}, 60_000);
