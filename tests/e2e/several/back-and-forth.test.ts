// What servers say and ask of themselves finds its client, and its answers find the one server that they are for.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { startEverything } from "../../support/mcp/everything.ts";
import { event, reply, says, stream } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { startTasksServer } from "../../support/mcp/tasks-extension.ts";
import {
  call,
  cancelled,
  INITIALIZED,
  initialize,
  type Line,
  META,
  notification,
  request,
} from "../../support/messages.ts";
import type { Json } from "../../support/sdk-clients.ts";
import { sleep, until } from "../../support/waiting.ts";
import { CLIENTS, type Kind, save, saved } from "./servers.ts";

const home = homeForEachTest();
const said = (result: Json) => (result.content as { text: string }[])[0]?.text;

for (const era of ["legacy", "modern"] as const)
  for (const [one, other] of [
    ["legacy", "modern"],
    ["sse", "legacy"],
    ["modern", "sse"],
    ["modern", "modern"],
  ] as [Kind, Kind][])
    describe(`${era} client, ${one} and ${other}`, () => {
      test("both ask at once, and each gets its own answers; progress and cancellation go to their call", async () => {
        const [a, b] = [await saved(home, "a", one), await saved(home, "b", other)];
        const it = await CLIENTS[era]({ url: "@a", args: ["@b"], env: home.env });
        const steps: string[] = [];
        const asks = ["a_ask", "b_ask", "a_ask-both", "b_ask-both", "a_ask-thrice", "b_ask-thrice"];
        const answers = await Promise.all([
          ...asks.map((name) => it.call(name)),
          it.call("a_slow", { ms: 200 }, { onprogress: (_, message) => void steps.push(`a ${message}`) }),
          it.call("b_slow", { ms: 200 }, { onprogress: (_, message) => void steps.push(`b ${message}`) }),
        ]);
        expect(answers.map(said)).toEqual([
          ...[
            "accept Ada",
            "accept Ada",
            "Ada file:///work",
            "Ada file:///work",
            "Ada Ada Ada",
            "Ada Ada Ada",
          ],
          ...["done", "done"],
        ]);
        for (const server of ["a", "b"]) {
          const all = [1, 2, 3].map((at) => `${server} step ${at}`);
          const heard = steps.filter((step) => step.startsWith(`${server} step`));
          expect(heard).toContain(`${server} step 3`);
          // The SDK's client forgets progress that it reads at once with what ends a round of the call.
          const forgets = era === "modern" && (server === "a" ? one : other) === "sse";
          expect(heard).toEqual(forgets ? all.filter((step) => heard.includes(step)) : all);
        }
        const told = it.wire.flatMap(({ method, params }) =>
          method === "notifications/progress" ? [(params as Json).message] : [],
        );
        expect(told.sort()).toEqual([1, 2, 3].flatMap((at) => [`step ${at}`, `step ${at}`]));
        const before = b.seen.cancelled;
        const stop = new AbortController();
        const gone = it.call("b_slow", { ms: 4000 }, { signal: stop.signal }).catch(() => "gone");
        const stays = it.call("a_slow", { ms: 600 });
        await sleep(150);
        stop.abort();
        expect(await gone).toBe("gone");
        await until(() => b.seen.cancelled > before);
        expect(said(await stays)).toBe("done");
        // A modern one counts streams that have ended well, too.
        if (one !== "modern") expect(a.seen.cancelled).toBe(0);
        await it.close();
      });

      test("list changes of each come through, and log levels go to both", async () => {
        await saved(home, "a", one);
        await saved(home, "b", other);
        const it = await CLIENTS[era]({ url: "@a", args: ["@b"], env: home.env });
        const stop = await it.watch([]);
        const count = (method: string) => it.heard.filter((heard) => heard.method === method).length;
        for (const name of ["a", "b"]) {
          const before = count("notifications/prompts/list_changed");
          await it.call(`${name}_change`, { what: "prompts" });
          await until(() => count("notifications/prompts/list_changed") > before);
        }
        await it.setLevel("error");
        for (const name of ["a", "b"]) {
          const before = count("notifications/message");
          await it.call(`${name}_log`);
          await until(() => count("notifications/message") > before);
          expect(count("notifications/message")).toBe(before + 1);
        }
        await stop();
        await it.close();
      });
    });

test("servers that choose the same ids and tokens are told apart, in questions, answers, progress and withdrawals", async () => {
  const told: Record<string, Line[]> = { a: [], b: [] };
  const make = async (name: string) => {
    const server = home.owns(
      await startLegacyServer(
        (asked, response) => {
          if (asked.method === "tools/list")
            return reply(asked, { tools: [{ name, inputSchema: { type: "object" } }] });
          if (asked.method !== "tools/call") return response.writeHead(405).end();
          const { id } = asked;
          const events = stream(response);
          event(events, {
            jsonrpc: "2.0",
            id: 1,
            method: "roots/list",
            params: { _meta: { progressToken: "t" } },
          });
          event(events, {
            jsonrpc: "2.0",
            id: "1",
            method: "elicitation/create",
            params: { message: "?", requestedSchema: {} },
          });
          const wait = setInterval(() => {
            if (told[name]?.filter((one) => one.result).length !== 1) return;
            clearInterval(wait);
            event(events, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "1" } });
            event(events, { jsonrpc: "2.0", id, result: says(name) });
            events.end();
          }, 20);
        },
        { handshake: { capabilities: { tools: {} } } },
      ),
    );
    await save(home, name, server.url);
    told[name] = [];
    server.seen.splice(0);
    Object.defineProperty(told, name, {
      get: () =>
        server.seen.filter((one) => one.result || one.error || one.method === "notifications/progress"),
    });
  };
  await make("a");
  await make("b");
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(initialize("2025-11-25", { roots: {}, elicitation: {} }, 1));
  await bridge.answer(1);
  bridge.say(INITIALIZED, call(2, "a"), call(3, "b"));
  await until(() => bridge.heard.filter(({ method }) => method === "elicitation/create").length === 2);
  const roots = bridge.heard.filter(({ method }) => method === "roots/list");
  expect(roots.map(({ id }) => id).toSorted()).toEqual(["a:1", "b:1"]);
  expect(roots.map(({ params }) => params._meta.progressToken).toSorted()).toEqual(['a:"t"', 'b:"t"']);
  bridge.say(
    notification("notifications/progress", { progressToken: 'b:"t"', progress: 1 }),
    { jsonrpc: "2.0", id: "b:1", result: { roots: [{ uri: "file:///b" }] } },
    { jsonrpc: "2.0", id: "a:1", result: { roots: [{ uri: "file:///a" }] } },
  );
  expect([(await bridge.answer(2)).result, (await bridge.answer(3)).result]).toEqual([says("a"), says("b")]);
  const withdrawn = bridge.heard.filter(({ method }) => method === "notifications/cancelled");
  expect(withdrawn.map(({ params }) => params.requestId).toSorted()).toEqual(['a:"1"', 'b:"1"']);
  expect(told.a?.map(({ id, result, params }) => ({ id, result, params }))).toEqual([
    { id: 1, result: { roots: [{ uri: "file:///a" }] }, params: undefined },
  ]);
  await until(() => told.b?.length === 2);
  expect(told.b?.map(({ id, result }) => ({ id, result }))).toContainEqual({
    id: 1,
    result: { roots: [{ uri: "file:///b" }] },
  });
  expect(told.b?.find(({ method }) => method !== "")?.params).toEqual({ progressToken: "t", progress: 1 });
  await bridge.stop();
});

test("tasks of 2025-11-25 at two servers lead back to their own", async () => {
  const [one, other] = await Promise.all([startEverything(), startEverything()]);
  await save(home, "a", home.owns(one).url);
  await save(home, "b", home.owns(other).url);
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(initialize("2025-11-25", {}, 1));
  const { capabilities } = (await bridge.answer(1)).result;
  expect(capabilities.tasks).toBeDefined();
  bridge.say(INITIALIZED);
  for (const [id, name] of [
    [2, "a"],
    [3, "b"],
  ] as const)
    bridge.say(
      request(id, "tools/call", {
        name: `${name}_simulate-research-query`,
        arguments: { topic: name, ambiguous: false },
        task: { ttl: 60_000 },
      }),
    );
  const ids = [(await bridge.answer(2)).result.task.taskId, (await bridge.answer(3)).result.task.taskId];
  expect(ids.map((id) => id.slice(0, 2))).toEqual(["a:", "b:"]);
  bridge.say(request(4, "tasks/get", { taskId: ids[1] }), request(5, "tasks/list"));
  expect((await bridge.answer(4)).result).toMatchObject({ taskId: ids[1], status: "working" });
  expect((await bridge.answer(5)).result.tasks.map((task: Json) => task.taskId).toSorted()).toEqual(
    ids.toSorted(),
  );
  bridge.say(request(6, "tasks/result", { taskId: ids[1] }), request(7, "tasks/cancel", { taskId: ids[0] }));
  expect(JSON.stringify((await bridge.answer(6, 30_000)).result)).toContain("Research Report: b");
  expect((await bridge.answer(7)).result).toMatchObject({ taskId: ids[0], status: "cancelled" });
  bridge.say(request(8, "tasks/get", { taskId: "c:nothing" }));
  expect((await bridge.answer(8)).error.code).toBeDefined();
  await bridge.stop();
}, 90_000);

test("the Tasks extension of 2026-07-28: the same", async () => {
  const [one, other] = [home.owns(await startTasksServer()), home.owns(await startTasksServer())];
  await save(home, "a", one.url);
  await save(home, "b", other.url);
  const bridge = startBridge(home, ["@a", "@b"]);
  const capabilities = { extensions: { "io.modelcontextprotocol/tasks": {} }, elicitation: {} };
  const _meta = { ...META, "io.modelcontextprotocol/clientCapabilities": capabilities };
  const asked = (id: number, method: string, params: object) => request(id, method, { ...params, _meta });
  bridge.say(asked(1, "tools/call", { name: "a_work" }), asked(2, "tools/call", { name: "b_ask" }));
  const ids = [(await bridge.answer(1)).result.taskId, (await bridge.answer(2)).result.taskId];
  expect(ids).toEqual(["a:task-1", "b:task-1"]);
  let id = 10;
  const get = async (taskId: string) => {
    bridge.say(asked(++id, "tasks/get", { taskId }));
    return (await bridge.answer(id)).result;
  };
  await get(ids[1]);
  expect((await get(ids[1])).status).toBe("input_required");
  bridge.say(
    asked(5, "tasks/update", { taskId: ids[1], inputResponses: { who: { content: { name: "Bo" } } } }),
  );
  await bridge.answer(5);
  await get(ids[1]);
  expect(await get(ids[1])).toMatchObject({
    taskId: "b:task-1",
    status: "completed",
    result: says("hello Bo"),
  });
  for (let at = 0; at < 2; at++) await get(ids[0]);
  expect(await get(ids[0])).toMatchObject({ status: "completed", result: says("worked") });
  await bridge.stop();
});

test("a withdrawal by the client goes to the server of its call alone; of a list to all", async () => {
  const make = async (name: string) => {
    const server = home.owns(
      await startLegacyServer((asked, response) => {
        if (asked.method === "tools/list" && asked.params?.cursor === undefined)
          return reply(asked, { tools: [{ name, inputSchema: { type: "object" } }] });
        if (asked.http === "GET") return response.writeHead(405).end();
        return asked.method.startsWith("tools/") ? stream(response) : reply(asked, {});
      }),
    );
    await save(home, name, server.url);
    return () => server.count("notifications/cancelled");
  };
  const [a, b] = [await make("a"), await make("b")];
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(initialize("2025-11-25", {}, 1));
  await bridge.answer(1);
  bridge.say(INITIALIZED, request(2, "tools/list"));
  await bridge.answer(2);
  bridge.say(call(3, "b"));
  await sleep(200);
  bridge.say(cancelled(3));
  await until(() => b() === 1).catch(() => {
    throw new Error(`b ${b()}; ${bridge.stderr()}`);
  });
  expect(a()).toBe(0);
  const cursor = Buffer.from(JSON.stringify({ cursors: { a: "x", b: "y" } })).toString("base64url");
  bridge.say(request(4, "tools/list", { cursor }));
  await sleep(200);
  bridge.say(cancelled(4));
  await until(() => a() === 1 && b() === 2).catch(() => {
    throw new Error(`a ${a()}, b ${b()}; ${bridge.stderr()}`);
  });
  await bridge.stop();
});
