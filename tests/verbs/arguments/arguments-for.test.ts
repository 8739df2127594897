// Arguments from words to what the server gets, and what is refused before: with what the server lists, kept and fresh.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { event, refuse, reply, type Scripted, says, stream } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { createVerbHome, type VerbHome } from "../../support/run-verb.ts";

const ADD = {
  name: "add",
  inputSchema: {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a"],
  },
};
const REVIEW = { name: "review", arguments: [{ name: "code", required: true }, { name: "style" }] };

let lists: Record<string, object>;
let call: (asked: Parameters<typeof reply>[0]) => unknown;
let server: Scripted;
let home: VerbHome;
beforeEach(async () => {
  lists = { "tools/list": { tools: [ADD] }, "prompts/list": { prompts: [REVIEW] } };
  call = (asked) => reply(asked, says("hi"));
  server = await startLegacyServer((asked) => {
    const list = lists[asked.method];
    if (list) return reply(asked, list);
    if (asked.method === "prompts/get") return reply(asked, { messages: [] });
    return call(asked);
  });
  home = createVerbHome();
});
afterEach(async () => {
  home.remove();
  await server.stop();
});

const run = (words: string[], stdin?: string) => home.run(["tools-call", server.url, ...words], {}, stdin);
const prompt = (words: string[]) => home.run(["prompts-get", server.url, ...words]);
const sent = () =>
  server.seen.filter(({ method }) => /call|get/.test(method)).map(({ params }) => params.arguments);
const counts = () => [server.count("tools/list"), server.count("tools/call")];

describe("a tool's arguments:", () => {
  test("typed by its schema, with one list for many calls", async () => {
    for (const words of [["a=2", "b=3"], ["a=4"], ['{"a":1,"b":2}', "b=5"]]) await run(["add", ...words]);
    expect(sent()).toEqual([{ a: 2, b: 3 }, { a: 4 }, { a: 1, b: 5 }]);
    expect(counts()).toEqual([1, 3]);
  });

  test("what of a word is no UTF-8 is told: the runtime has it replaced", async () => {
    const { err } = await run(["add", "a=1", "note=caf\ufffd"]);
    expect(err).toContain("warning: argument 2 holds U+FFFD, which is sent in place of what is no UTF-8\n");
    expect(sent()).toEqual([{ a: 1, note: "caf\ufffd" }]);
  });

  test("all that is wrong is named at once, and nothing is sent", async () => {
    lists["tools/list"] = {
      tools: [{ ...ADD, inputSchema: { ...ADD.inputSchema, additionalProperties: false } }],
    };
    const { failed } = await run(["add", "b=two", "bb=1"]);
    expect([failed?.exitCode, failed?.code]).toEqual([1, "arguments"]);
    expect(failed?.message).toBe(
      "the arguments do not fit add: b wants number; a is missing (number); bb is not known, did you mean b",
    );
    expect(failed?.hint).toContain("tools-get add");
    expect(sent()).toEqual([]);
  });

  test("so is a name that is allowed and not known, where something else is wrong", async () => {
    expect((await run(["add", "aa=1"])).failed?.message).toBe(
      "the arguments do not fit add: a is missing (number); aa is not known, did you mean a",
    );
  });

  test("a value given twice where one is wanted is named", async () => {
    const { failed } = await run(["add", "a=1", "a=2"]);
    expect(failed?.message).toContain("a is given 2 times, and wants number");
  });

  test("several values are one list, however each is written; where one is wanted they are named", async () => {
    const properties = { n: { type: "number" }, list: { type: "array", items: { type: "number" } }, any: {} };
    lists["tools/list"] = { tools: [{ name: "add", inputSchema: { type: "object", properties } }] };
    await run(["add", "list:=[1]", "list=2", "list:=3", "any:=1", "any=b"]);
    expect(sent()).toEqual([{ list: [1, 2, 3], any: [1, "b"] }]);
    const { failed } = await run(["add", "n=1", "n:=2"]);
    expect(failed?.message).toContain("n is given 2 times, and wants number");
  });

  test("names that the schema knows by their pattern are typed by it", async () => {
    const patternProperties = { "^x-": { type: "number" }, "^(a+)+$": { type: "boolean" } };
    const inputSchema = { type: "object", patternProperties, additionalProperties: false };
    lists["tools/list"] = { tools: [{ name: "add", inputSchema }] };
    await run(["add", "x-a=3", "aa=true"]);
    expect(sent()).toEqual([{ "x-a": 3, aa: true }]);
    expect((await run(["add", "x-a=three"])).failed?.message).toContain("x-a wants number");
  });

  test("--no-check sends them as they are", async () => {
    expect((await run(["add", "b=two", "a=1", "--no-check"])).failed).toBeUndefined();
    const { failed, err } = await run(["ad", "a=1", "--no-check"]);
    expect([failed, err]).toEqual([undefined, ""]);
    expect(sent()).toEqual([{ b: "two", a: 1 }, { a: "1" }]);
  });

  test("a name that is not known and allowed is sent, with a warning", async () => {
    const { err } = await run(["add", "a=1", "bb=2"]);
    expect(err).toContain("warning: add: bb is not known, did you mean b");
    expect(sent()).toEqual([{ a: 1, bb: "2" }]);
  });

  test("digits that a double cannot hold arrive", async () => {
    await run(["add", "a=12345678901234567890", "b:=0.12345678901234567"]);
    expect(server.seen.at(-1)?.text).toContain('{"a":12345678901234567890,"b":0.12345678901234567}');
  });

  test("a tool like another is not called, the other is named; one like none is left to the server", async () => {
    const { failed } = await run(["ad", "a=1"]);
    expect([failed?.exitCode, failed?.message, failed?.hint]).toEqual([
      2,
      "the server has no tool ad",
      "did you mean add",
    ]);
    const { err } = await run(["hidden", "a=1"]);
    expect(err).toContain("the server lists no tool hidden");
    expect(sent()).toEqual([{ a: "1" }]);
  });

  test("a schema that cannot be used: typed where it says how, sent with a warning", async () => {
    const inputSchema = { properties: { a: { type: "number" } }, required: "a" };
    lists["tools/list"] = { tools: [{ name: "add", inputSchema }] };
    const { err } = await run(["add", "a=1"]);
    expect(err).toContain(
      "warning: the arguments are sent unchecked: the schema of add has a wrong required",
    );
    expect(sent()).toEqual([{ a: 1 }]);
  });

  test("a server without a list of tools is called all the same", async () => {
    lists = {};
    call = (asked) =>
      asked.method === "tools/list"
        ? refuse(asked, 200, { code: -32601, message: "no" })
        : reply(asked, says("hi"));
    expect((await run(["add", "a=1"])).failed).toBeUndefined();
    expect(sent()).toEqual([{ a: "1" }]);
  });
});

describe("stdin:", () => {
  test("is read without - where a call lacks what it must have, and only there", async () => {
    await run(["add"], '{"a":1}');
    await run(["add", "a=2"], "not read");
    lists["tools/list"] = { tools: [{ name: "now", inputSchema: { type: "object" } }] };
    await run(["now"], "not read");
    expect(sent()).toEqual([{ a: 1 }, { a: 2 }, {}]);
  });

  test("that is empty leaves the argument missing", async () => {
    expect((await run(["add"], "")).failed?.message).toContain("a is missing (number)");
  });
});

describe("a kept list ends", () => {
  const calls = async (...words: string[]) => {
    await run(["add", "a=1"]);
    return run(["add", ...words]);
  };

  test("when its time is over, as the server says or by itself", async () => {
    lists["tools/list"] = { tools: [ADD], ttlMs: 60_000 };
    await calls("a=2");
    home.aheadMs = 59_000;
    await run(["add", "a=3"]);
    expect(counts()).toEqual([1, 3]);
    home.aheadMs = 61_000;
    lists["tools/list"] = { tools: [ADD] };
    await run(["add", "a=4"]);
    expect(counts()).toEqual([2, 4]);
    home.aheadMs += 3_500_000;
    await run(["add", "a=5"]);
    expect(counts()).toEqual([2, 5]);
    home.aheadMs += 200_000;
    await run(["add", "a=6"]);
    expect(counts()).toEqual([3, 6]);
  });

  test("when the server says that it has changed", async () => {
    call = (asked) => {
      stream(asked.response);
      event(asked.response, { method: "notifications/tools/list_changed" });
      event(asked.response, { id: asked.id, result: says("hi") });
      asked.response.end();
    };
    await calls("a=2");
    expect(counts()).toEqual([2, 2]);
  });

  // After -32601 a list is asked for whether the tool wants to be a task, too.
  for (const [code, lists] of [
    [-32602, 2],
    [-32601, 3],
  ] as const)
    test(`when the answer contradicts it: ${code}`, async () => {
      await run(["add", "a=1"]);
      call = (asked) => refuse(asked, 200, { code, message: "no" });
      await run(["add", "a=2"]);
      await run(["add", "a=3"]);
      // What a fresh list allows and the server refuses is no fault of the list.
      expect(server.count("tools/list")).toBe(lists);
    });

  test("when a result speaks of wrong arguments", async () => {
    await run(["add", "a=1"]);
    call = (asked) =>
      reply(asked, { isError: true, content: [{ type: "text", text: "MCP error -32602: wrong" }] });
    await run(["add", "a=2"]);
    await run(["add", "a=3"]);
    expect(counts()).toEqual([2, 3]);
  });

  test("before it refuses what a new one allows", async () => {
    await run(["add", "a=1"]);
    const inputSchema = { type: "object", properties: { a: { type: "string" }, c: {} }, required: ["c"] };
    lists["tools/list"] = {
      tools: [
        { name: "add", inputSchema },
        { name: "sub", inputSchema },
      ],
    };
    expect((await run(["add", "a=x", "c=1"])).failed).toBeUndefined();
    expect((await run(["sub", "c=1"])).failed).toBeUndefined();
    expect(sent()).toEqual([{ a: 1 }, { a: "x", c: "1" }, { c: "1" }]);
    expect(counts()).toEqual([2, 3]);
  });

  test("for others: what one caller was shown is no other's", async () => {
    await run(["add", "a=1"]);
    await run(["add", "a=1", "--header", "X-Tenant: b"]);
    expect(counts()).toEqual([2, 2]);
  });
});

describe("a prompt's arguments:", () => {
  test("are strings, however they are given", async () => {
    await prompt(["review", "code:=1", 'style:="b"']);
    await prompt(["review", '{"code":{"x":1}}', "style=true"]);
    expect(sent()).toEqual([
      { code: "1", style: "b" },
      { code: '{"x":1}', style: "true" },
    ]);
    expect(server.count("prompts/list")).toBe(1);
  });

  test("missing and unknown ones are named, and nothing is sent", async () => {
    const { failed } = await prompt(["review", "stile=x"]);
    expect([failed?.exitCode, failed?.message]).toEqual([
      1,
      "the arguments do not fit review: code is missing (string); stile is not known, did you mean style",
    ]);
    expect((await prompt(["reviw", "code=1"])).failed?.hint).toBe("did you mean review");
    expect(sent()).toEqual([]);
  });

  test("of a prompt that declares none, any", async () => {
    lists["prompts/list"] = { prompts: [{ name: "free" }] };
    await prompt(["free", "x=1"]);
    expect(sent()).toEqual([{ x: "1" }]);
  });
});
