// What several servers' words become on the way to a client and back.
import { expect, test } from "bun:test";
import { notification, request } from "../../../lib/mcp/jsonrpc/message.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { cursorsIn, joinedCursor } from "../../../lib/mcp/merged/words/cursor.ts";
import { markedId, unmarkedId } from "../../../lib/mcp/merged/words/marks.ts";
import { discoverOf, initializeOf } from "../../../lib/mcp/merged/words/offers.ts";
import { LISTS, mergedPage } from "../../../lib/mcp/merged/words/pages.ts";
import {
  errorForClient,
  mayConcern,
  messageForClient,
  resultForClient,
} from "../../../lib/mcp/merged/words/to-client.ts";
import { ledBack, progressFor, withoutProgress } from "../../../lib/mcp/merged/words/to-server.ts";
import { mayComeOf, namedIn, namedUri } from "../../../lib/mcp/merged/words/uris.ts";

const SERVERS = ["a", "b"];
const speaker = { server: "a", uriFor: (uri: string) => (uri === "x://both" ? "m2mcp://a/x://both" : uri) };

test("an id comes back exactly as its server wrote it, and nothing else passes for one", () => {
  for (const id of ["1", '"1"', "1.0", "9007199254740993", '"a:b"', '"ü\\n"'])
    expect(unmarkedId(markedId("b", id), SERVERS)).toEqual({ server: "b", id });
  for (const id of ["7", '"c:1"', '"b:"', '"b:{}"', '"b:nonsense"', null])
    expect(unmarkedId(id, SERVERS)).toBeUndefined();
});

test("equal ids and progress tokens of two servers are two, and lead back", () => {
  const asked = (server: string) =>
    messageForClient(request("1", "sampling/createMessage", { _meta: { progressToken: 5 } }), {
      ...speaker,
      server,
    });
  const [one, other] = [asked("a"), asked("b")];
  expect(one).toMatchObject({ id: '"a:1"', params: { _meta: { progressToken: "a:5" } } });
  expect(other).toMatchObject({ id: '"b:1"', params: { _meta: { progressToken: "b:5" } } });
  const told = progressFor(
    notification("notifications/progress", { progressToken: "b:5", progress: 1 }),
    SERVERS,
  );
  expect(told).toMatchObject({ server: "b", message: { params: { progressToken: 5, progress: 1 } } });
});

test("what a server asks no more is named to the client as it was asked, however its number is written", () => {
  const read = (method: string, params: string, id = "") =>
    parseMessages(`{"jsonrpc":"2.0",${id}"method":"${method}","params":${params}}`, "server")[0];
  const asked = read("sampling/createMessage", "{}", '"id":1.0,');
  const ended = read("notifications/cancelled", '{"requestId":1.0}');
  if (asked?.kind !== "request" || ended?.kind !== "notification") throw new Error("no messages");
  const question = messageForClient(asked, speaker);
  expect(question).toMatchObject({ id: '"a:1.0"' });
  expect(messageForClient(ended, speaker)).toMatchObject({ params: { requestId: "a:1.0" } });
});

test("a notification that names nothing passes as it is, to the byte", () => {
  const [message] = parseMessages(
    '{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1.0}}',
  );
  if (message?.kind !== "notification") throw new Error("no notification");
  expect(messageForClient(message, speaker)).toBe(message);
});

test("tasks, states, visits and URIs that clash lead back; a tool's own result is its own", () => {
  expect(resultForClient({ resultType: "task", taskId: "t" }, speaker)).toEqual({
    resultType: "task",
    taskId: "a:t",
  });
  expect(resultForClient({ task: { taskId: "t" } }, speaker)).toEqual({ task: { taskId: "a:t" } });
  expect(resultForClient({ tasks: [{ taskId: "t" }] }, speaker)).toEqual({ tasks: [{ taskId: "a:t" }] });
  expect(resultForClient({ resultType: "input_required", requestState: "s" }, speaker)).toMatchObject({
    requestState: "a:s",
  });
  const own = { content: [], taskId: "t", task: { taskId: "t" } };
  expect(resultForClient(own, speaker)).toBe(own);
  const links = {
    content: [
      { type: "resource_link", uri: "x://both" },
      { type: "resource", resource: { uri: "x://mine" } },
    ],
  };
  expect(resultForClient(links, speaker)).toMatchObject({
    content: [{ uri: "m2mcp://a/x://both" }, { resource: { uri: "x://mine" } }],
  });
  expect(ledBack(request("1", "tasks/get", { taskId: "b:t" }), SERVERS)).toEqual({
    server: "b",
    changes: { taskId: "t" },
  });
  expect(ledBack(request("1", "tools/call", { name: "x", requestState: "b:s:1" }), SERVERS)).toEqual({
    server: "b",
    changes: { requestState: "s:1" },
  });
  expect(ledBack(request("1", "tools/call", { name: "b:t" }), SERVERS)).toBeUndefined();
});

test("a cursor holds where each list goes on, and is refused where it is none of ours", () => {
  const cursor = joinedCursor({ a: "1", b: "" });
  expect(cursorsIn(cursor, SERVERS)).toEqual({ a: "1", b: "" });
  expect(joinedCursor({})).toBeUndefined();
  for (const wrong of [
    "",
    "nonsense",
    joinedCursor({ c: "1" }),
    1,
    null,
    Buffer.from("{}").toString("base64url"),
  ])
    expect(cursorsIn(wrong, SERVERS)).toBeUndefined();
});

test("a URI with its server's name leads back; templates are recognized, however they are written", () => {
  const own = { server: "a", name: "file:///x/../y?q=1#z" };
  expect(namedIn(namedUri(own), SERVERS)).toEqual(own);
  expect(namedIn("m2mcp://c/x", SERVERS)).toBeUndefined();
  for (const [uri, template, is] of [
    ["memo://one", "memo://{name}", true],
    ["memo://one/two", "memo://{+path}", true],
    ["memo://one?x=1", "memo://{name}{?x}", true],
    ["other://one", "memo://{name}", false],
    ["a/b", "a/{x}/b", false],
    ["memo://", "memo://{name}end", false],
  ] as const)
    expect([uri, mayComeOf(uri, template)]).toEqual([uri, is]);
  // Time by the length, not by its square.
  expect(mayComeOf("x".repeat(100_000), "{a}x".repeat(10_000))).toBe(true);
});

test("what servers say of themselves becomes one: capabilities, instructions, a version the client has", () => {
  const offers = [
    {
      server: "a",
      result: {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {}, resources: { subscribe: true } },
        instructions: "Use it.",
      },
    },
    {
      server: "b",
      result: { protocolVersion: "2025-03-26", capabilities: { tools: { listChanged: false }, logging: {} } },
    },
  ];
  const answerer = { servers: SERVERS, version: "1.2.3" };
  expect(initializeOf(offers, "2025-11-25", answerer)).toEqual({
    protocolVersion: "2025-11-25",
    capabilities: {
      tools: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      logging: {},
    },
    serverInfo: { name: "m2mcp", title: "a, b", version: "1.2.3" },
    instructions: "# a\n\nUse it.",
  });
  expect(initializeOf(offers, "2099-01-01", answerer).protocolVersion).toBe("2025-03-26");
  // One is missing: it may have anything.
  expect(initializeOf(offers.slice(1), "2025-03-26", answerer).capabilities).toMatchObject({
    prompts: { listChanged: true },
  });
  expect(discoverOf(offers, answerer)).toMatchObject({
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    ttlMs: 0,
  });
});

test("a page of all servers may be kept as long as the least of them, and by whom the strictest allows", () => {
  const page = (server: string, more: object) => ({ server, result: { tools: [{ name: "t" }], ...more } });
  const kind = LISTS.get("tools/list");
  if (!kind) throw new Error("no such list");
  const name = (own: { server: string; name: string }) => `${own.server}_${own.name}`;
  const fresh = [
    page("a", { ttlMs: 9000, cacheScope: "public" }),
    page("b", { ttlMs: 5, cacheScope: "public" }),
  ];
  expect(mergedPage(kind, fresh, name, true)).toEqual({
    resultType: "complete",
    tools: [{ name: "a_t" }, { name: "b_t" }],
    ttlMs: 5,
    cacheScope: "public",
  });
  expect(mergedPage(kind, fresh, name, false)).toMatchObject({ ttlMs: 0, cacheScope: "private" });
  expect(mergedPage(kind, [page("a", { nextCursor: "n" })], name, true)).toEqual({
    tools: [{ name: "a_t" }],
    nextCursor: String(joinedCursor({ a: "n" })),
  });
});

test("a request for several servers asks for no progress: theirs would be mixed", () => {
  const message = request("1", "tools/list", { cursor: "c", _meta: { progressToken: 1, other: 2 } });
  expect(withoutProgress(message).params).toEqual({ cursor: "c", _meta: { other: 2 } });
  const plain = request("1", "tools/list", {});
  expect(withoutProgress(plain)).toBe(plain);
});

test("a person who is asked sees which server asks; what a model is asked stays as it is", () => {
  const form = { message: "Your name?", requestedSchema: {} };
  const visit = { mode: "url", message: "Let it in", elicitationId: "v", url: "https://x.example" };
  for (const params of [form, visit])
    expect(messageForClient(request("1", "elicitation/create", params), speaker)).toMatchObject({
      params: { message: `@a: ${params.message}` },
    });
  const sampling = { method: "sampling/createMessage", params: { message: "own", messages: [] } };
  const inputRequests = {
    who: { method: "elicitation/create", params: form },
    where: { method: "elicitation/create", params: visit },
    what: sampling,
  };
  const asked = {
    who: { params: { ...form, message: "@a: Your name?" } },
    where: { params: { ...visit, message: "@a: Let it in" } },
    what: sampling,
  };
  const wanting = { resultType: "input_required", inputRequests };
  expect(mayConcern(JSON.stringify(wanting))).toBe(true);
  expect(resultForClient(wanting, speaker).inputRequests).toMatchObject(asked);
  const task = { resultType: "complete", taskId: "t", status: "input_required", inputRequests };
  expect(resultForClient(task, speaker).inputRequests).toMatchObject(asked);
  expect(
    errorForClient({ code: -32042, message: "visit", data: { elicitations: [visit] } }, speaker).data,
  ).toMatchObject({ elicitations: [{ message: "@a: Let it in", elicitationId: "a:v" }] });
});
