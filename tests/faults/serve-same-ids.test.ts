// Modern clients of one kind at `m2mcp serve` share a connection, and number alike: what is one's never comes to another.
import { expect, test } from "bun:test";
import { save } from "../e2e/several/servers.ts";
import { type OldServer, startOldServer } from "../eras/old-server.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, event, reply, says, stream } from "../support/mcp/scripted.ts";
import { type Json, META, request } from "../support/messages.ts";
import { type Served, startServe } from "../support/serve.ts";
import { until } from "../support/waiting.ts";

const home = homeForEachTest();

/** Asks under the id that all use, and hears what comes, event by event. */
function ask(served: Served, method: string, params: Json) {
  const gone = new AbortController();
  const heard: Json[] = [];
  const headers = {
    ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
    ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": method },
    ...(params.name ? { "mcp-name": params.name } : {}),
  };
  const body = JSON.stringify(request(7, method, { ...params, _meta: { ...META, ...params._meta } }));
  const ended = fetch(served.url, { method: "POST", headers, body, signal: gone.signal }).then(
    async (answer) => {
      const read = new TextDecoder();
      for await (const bytes of answer.body ?? [])
        for (const line of read.decode(bytes, { stream: true }).split("\n"))
          if (line !== "") heard.push(JSON.parse(line.replace(/^data: /, "")));
    },
  );
  ended.catch(() => {});
  return { heard, ended, go: () => gone.abort() };
}

/** A server whose calls are answered by hand, by the name of their tool. */
async function startServer(): Promise<{ server: OldServer; calls: Map<string, Asked> }> {
  const server = home.owns(await startOldServer());
  const calls = new Map<string, Asked>();
  server.methods["tools/list"] = (asked) =>
    reply(asked, { tools: ["x", "y"].map((name) => ({ name, inputSchema: { type: "object" } })) });
  server.methods["tools/call"] = (asked) => {
    stream(asked.response);
    calls.set(asked.params?.name, asked);
  };
  return { server, calls };
}

/** A call that tells of its progress, and ends. */
function work(call: Asked | undefined, text: string): void {
  if (!call) throw new Error("nothing was called");
  const progressToken = call.params?._meta?.progressToken;
  event(call.response, {
    method: "notifications/progress",
    params: { progressToken, progress: 1, message: text },
  });
  event(call.response, { id: call.id, result: says(text) });
  call.response.end();
}
const toldTo = (heard: Json[]) =>
  heard.map(({ params, result }) => [params?.progressToken, params?.message ?? result?.content?.[0]?.text]);
/** Each of two calls has heard its own progress and its own answer, and nothing else. */
function expectOwn(one: ReturnType<typeof ask>, other: ReturnType<typeof ask>): void {
  for (const [{ heard }, whose] of [
    [one, "one's"],
    [other, "other's"],
  ] as const)
    expect(toldTo(heard)).toEqual([
      [7, whose],
      [undefined, whose],
    ]);
}
const tracked = { _meta: { progressToken: 7 } };

test("progress goes to the call that it is of, though another has the same id and token", async () => {
  const { server, calls } = await startServer();
  const served = await startServe(home, [server.url]);
  const one = ask(served, "tools/call", { name: "x", ...tracked });
  await until(() => calls.has("x"));
  const other = ask(served, "tools/call", { name: "y", ...tracked });
  await until(() => calls.has("y"));
  const tokens = [...calls.values()].map(({ params }) => params?._meta?.progressToken);
  expect(new Set(tokens).size).toBe(2);
  work(calls.get("y"), "other's");
  await other.ended;
  work(calls.get("x"), "one's");
  await one.ended;
  expectOwn(one, other);
});

test("so it does where the calls are at different ones of several servers", async () => {
  const [a, b] = [await startServer(), await startServer()];
  await save(home, "a", a.server.url);
  await save(home, "b", b.server.url);
  const served = await startServe(home, ["@a", "@b"]);
  const one = ask(served, "tools/call", { name: "a_x", ...tracked });
  await until(() => a.calls.has("x"));
  const other = ask(served, "tools/call", { name: "b_x", ...tracked });
  await until(() => b.calls.has("x"));
  work(a.calls.get("x"), "one's");
  await one.ended;
  work(b.calls.get("x"), "other's");
  await other.ended;
  expectOwn(one, other);
});

test("each subscription hears what it asked for, though another has the same id, and has ended", async () => {
  const { server } = await startServer();
  const served = await startServe(home, [server.url]);
  const listen = (uri: string) =>
    ask(served, "subscriptions/listen", { notifications: { resourceSubscriptions: [uri] } });
  const changed = (uri: string) =>
    server.listening &&
    event(server.listening, { method: "notifications/resources/updated", params: { uri } });
  const [one, other] = [listen("x:one"), listen("x:other")];
  await until(() => one.heard.length === 1 && other.heard.length === 1 && server.listening !== undefined);
  changed("x:one");
  changed("x:other");
  await until(() => one.heard.length === 2 && other.heard.length === 2);
  expect(one.heard[1].params.uri).toBe("x:one");
  expect(other.heard[1].params.uri).toBe("x:other");
  other.go();
  await until(() => server.count("resources/unsubscribe") === 1);
  changed("x:one");
  await until(() => one.heard.length === 3);
  expect(other.heard).toHaveLength(2);
  one.go();
});
