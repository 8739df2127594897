// Which answer belongs to which request, and whose place a request takes.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { json, reply, result, type Script, sse, stream } from "../support/mcp/scripted.ts";
import { type LegacyOptions, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { discovered } from "../support/mcp/scripted-modern.ts";
import { answersTo, call, INITIALIZE, INITIALIZED, lines, modern } from "../support/messages.ts";
import { sleep, until } from "../support/waiting.ts";

const home = homeForEachTest();
const serve = async (script: Script, options?: LegacyOptions) =>
  home.owns(await startLegacyServer(script, options));

test("an answer to a request of another stream answers that request, and its own stream is let go", async () => {
  let first: Parameters<Script>[1] | undefined;
  const server = await serve(({ id }, response) => {
    if (id === 2) {
      first = stream(response);
      first.write(": wait\n\n");
    } else void stream(response).end(sse(result(2, "two"), result(id, "three")));
  });
  const { child, heard, say, answer } = startBridge(home, [server.url]);
  say(INITIALIZE, call(2));
  await answer(1);
  while (!first) await sleep(10);
  say(call(3));
  expect((await answer(2)).result.text).toBe("two");
  expect((await answer(3)).result.text).toBe("three");
  await new Promise((resolve) => first?.on("close", resolve));
  child.kill("SIGKILL");
  expect(heard).toHaveLength(3);
}, 20_000);

test("a ping does not wait behind calls that take every place", async () => {
  const server = await serve(({ id, method }, response) => {
    if (method === "ping") json(response, result(id));
    else stream(response).write(": wait\n\n");
  });
  const { say, answer } = startBridge(home, [server.url]);
  // More than the 192 places that there are.
  say(INITIALIZE, INITIALIZED, ...Array.from({ length: 300 }, (_, at) => call(`call ${at}`)));
  await until(() => (server.count("tools/call") ?? 0) >= 192);
  const ids = Array.from({ length: 20 }, (_, at) => `ping ${at}`);
  say(...ids.map((id) => ({ jsonrpc: "2.0", id, method: "ping" })));
  for (const wanted of ids) expect((await answer(wanted)).result.text).toBe("ok");
  expect(server.count("tools/call")).toBe(192);
}, 30_000);

test("ids that differ in their type alone are two requests", async () => {
  const server = await serve(({ id }, response) => json(response, result(id, typeof id)));
  const { stdout } = await home.run(["bridge", server.url], { input: lines(INITIALIZE, call(2), call("2")) });
  expect(answersTo(stdout, 2)[0].result.text).toBe("number");
  expect(answersTo(stdout, "2")[0].result.text).toBe("string");
});

test("a first request that is cancelled before the server said a word leaves its place to the next", async () => {
  const server = await serve((asked, response) => {
    if (asked.method === "server/discover") return reply(asked, discovered());
    if (asked.params?.name !== "bad") json(response, result(asked.id));
  });
  // The era is known from this first run: the next one sends no probe.
  await home.run(["bridge", server.url], { input: lines(modern(call(1))) });
  const { heard, say, answer, end } = startBridge(home, [server.url]);
  say(modern(call(2, "bad")), modern(call(3)));
  await until(() => (server.count("tools/call") ?? 0) >= 2);
  say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } });
  expect((await answer(3)).result.text).toBe("ok");
  expect(await end()).toBe(0);
  expect(heard).toHaveLength(1);
  expect(server.count("server/discover")).toBe(1);
}, 20_000);
