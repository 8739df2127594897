// Input that a modern server asks for while it answers (multi round-trip requests).
import { describe, expect, test } from "bun:test";
import { type Asked, event, refuse, says, stream } from "../support/mcp/scripted.ts";
import { complete } from "../support/mcp/scripted-modern.ts";
import {
  answerTo,
  cancelled,
  DISCOVER,
  INITIALIZED,
  initialize,
  META,
  piped,
  request,
} from "../support/messages.ts";
import { begin, modernServerForEachTest } from "./begin.ts";

const { home, server } = modernServerForEachTest();
const call = (id: string, params: object, extra: object = {}) =>
  request(id, "tools/call", { ...params, ...extra });

describe("input", () => {
  const input = (key: string, method: string, params: object = {}) => ({ [key]: { method, params } });
  const form = { message: "?", requestedSchema: { type: "object", properties: {} } };

  test("that the client does not offer is not asked for", async () => {
    server.methods["tools/call"] = (asked) =>
      complete(asked, { resultType: "input_required", inputRequests: input("m", "sampling/createMessage") });
    const it = await begin(home, server.url, "legacy");
    it.say(call("call", { name: "x" }));
    const { error } = await it.answer("call");
    expect(error?.message).toContain("sampling/createMessage");
    expect(it.heard.filter(({ method }) => method === "sampling/createMessage")).toEqual([]);
  });

  test("by URL is not asked of a client that knows forms alone", async () => {
    server.methods["tools/call"] = (asked) =>
      complete(asked, {
        resultType: "input_required",
        inputRequests: input("m", "elicitation/create", {
          mode: "url",
          url: "https://example.com",
          message: "?",
        }),
      });
    const it = await begin(home, server.url, "legacy", { elicitation: {} });
    it.say(call("call", { name: "x" }));
    expect((await it.answer("call")).error?.message).toContain("elicitation/create");
  });

  test("-32021 reaches the client with what is required", async () => {
    const data = { requiredCapabilities: { sampling: {} } };
    server.methods["tools/call"] = (asked) => refuse(asked, 400, { code: -32021, message: "needs", data });
    const it = await begin(home, server.url, "legacy");
    it.say(call("call", { name: "x" }));
    expect((await it.answer("call")).error).toEqual({ code: -32021, message: "needs", data });
    const { code, stderr } = await home.run([server.url, "tools-call", "x"]);
    expect(code).toBe(2);
    expect(stderr).toContain("sampling");
    expect(stderr).toContain("m2mcp bridge");
  });

  test("retries have new ids, the original params, the latest state alone, and the declared capabilities", async () => {
    const seen: Asked[] = [];
    server.methods["tools/call"] = (asked) => {
      seen.push(asked);
      if (seen.length === 1)
        return complete(asked, {
          resultType: "input_required",
          inputRequests: input("a", "roots/list"),
          requestState: "s 1",
        });
      if (seen.length === 2)
        return complete(asked, { resultType: "input_required", inputRequests: input("b", "roots/list") });
      if (seen.length === 3) return complete(asked, { resultType: "input_required", requestState: "s 3" });
      complete(asked, says("ok"));
    };
    const it = await begin(home, server.url, "legacy");
    it.say(call("call", { name: "x", arguments: { n: 1 }, _meta: { progressToken: 7 } }));
    const answered = new Set<unknown>();
    for (let round = 0; round < 2; round++) {
      const question = await it.hear((line) => line.method === "roots/list" && !answered.has(line.id));
      answered.add(question.id);
      it.say({ jsonrpc: "2.0", id: question.id, result: { roots: [{ uri: `file:///${round}` }] } });
    }
    expect((await it.answer("call")).result).toMatchObject(says("ok"));
    expect(new Set(seen.map(({ id }) => id)).size).toBe(4);
    const [first, second, third, fourth] = seen.map(({ params = {} }) => params);
    expect(first).not.toHaveProperty("inputResponses");
    expect(second).toMatchObject({
      inputResponses: { a: { roots: [{ uri: "file:///0" }] } },
      requestState: "s 1",
    });
    expect(third).toMatchObject({ inputResponses: { b: { roots: [{ uri: "file:///1" }] } } });
    expect(third).not.toHaveProperty("requestState");
    expect(fourth).toMatchObject({ requestState: "s 3" });
    expect(fourth).not.toHaveProperty("inputResponses");
    for (const params of seen.map((body) => body.params))
      expect(params).toMatchObject({
        name: "x",
        arguments: { n: 1 },
        _meta: { progressToken: 7, "io.modelcontextprotocol/clientCapabilities": { roots: {} } },
      });
  });

  test("that the client refuses with an error ends the call with it, and takes back what else was asked", async () => {
    server.methods["tools/call"] = (asked) =>
      complete(asked, {
        resultType: "input_required",
        inputRequests: { ...input("a", "roots/list"), ...input("b", "elicitation/create", form) },
      });
    const it = await begin(home, server.url, "legacy");
    it.say(call("call", { name: "x" }));
    const roots = await it.hear(({ method }) => method === "roots/list");
    const other = await it.hear(({ method }) => method === "elicitation/create");
    it.say({ jsonrpc: "2.0", id: roots.id, error: { code: -32042, message: "no roots today" } });
    expect((await it.answer("call")).error).toMatchObject({ code: -32042, message: "no roots today" });
    const takenBack = await it.hear(({ method }) => method === "notifications/cancelled");
    expect(takenBack.params?.requestId).toBe(other.id);
  });

  test.each([{ result: null }, { result: "x" }, { error: { code: -1 } }, { error: "no" }, {}])(
    "to which the client's answer is %j does not wait for another",
    async (given) => {
      server.methods["tools/call"] = (asked) =>
        asked.params?.inputResponses
          ? complete(asked, says("ok"))
          : complete(asked, { resultType: "input_required", inputRequests: input("a", "roots/list") });
      const it = await begin(home, server.url, "legacy");
      it.say(call("call", { name: "x" }));
      const question = await it.hear(({ method }) => method === "roots/list");
      it.say({ jsonrpc: "2.0", id: question.id, ...given });
      const answer = await it.answer("call");
      if ("result" in given) expect(answer.result).toMatchObject(says("ok"));
      else expect(answer.error).toMatchObject({ code: -32600 });
      // The client has asked nothing under that id.
      expect(it.heard.filter(({ id, method }) => id === question.id && !method)).toEqual([]);
    },
  );

  test("of a call that the client cancels is taken back, and nothing is sent any more", async () => {
    let calls = 0;
    server.methods["tools/call"] = (asked) => {
      calls++;
      complete(asked, {
        resultType: "input_required",
        inputRequests: input("b", "elicitation/create", form),
      });
    };
    const it = await begin(home, server.url, "legacy");
    it.say(call("call", { name: "x" }));
    const question = await it.hear(({ method }) => method === "elicitation/create");
    it.say(cancelled("call"));
    const takenBack = await it.hear(({ method }) => method === "notifications/cancelled");
    expect(takenBack.params?.requestId).toBe(question.id);
    it.say({ jsonrpc: "2.0", id: question.id, result: { action: "accept", content: {} } });
    it.say(request("ping", "ping"));
    await it.answer("ping");
    expect(calls).toBe(1);
    expect(it.heard.some(({ id, method }) => id === "call" && !method)).toBe(false);
  });

  test("asked for as a request on the stream is dropped: the era has no such thing", async () => {
    server.methods["tools/call"] = (asked) => {
      stream(asked.response);
      event(asked.response, { id: "bad", method: "roots/list" });
      event(asked.response, { id: asked.id, result: { resultType: "complete", ...says("ok") } });
      asked.response.end();
    };
    for (const client of ["legacy", "modern"] as const) {
      const lines = await piped(
        home,
        [server.url],
        [
          ...(client === "modern" ? [DISCOVER] : [initialize(), INITIALIZED]),
          call("call", { name: "x" }, client === "modern" ? { _meta: META } : {}),
        ],
      );
      expect(answerTo(lines, "call").result).toMatchObject(says("ok"));
      expect(lines.filter(({ method }) => method === "roots/list")).toEqual([]);
    }
  });

  test("that a one-off command is asked for is a clear error; what wants no input is asked again", async () => {
    let calls = 0;
    server.methods["tools/call"] = (asked) => {
      if (asked.params?.name === "patient")
        return ++calls < 3
          ? complete(asked, { resultType: "input_required", requestState: "wait" })
          : complete(asked, says("ok"));
      complete(asked, {
        resultType: "input_required",
        inputRequests: input("b", "elicitation/create", form),
      });
    };
    const asked = await home.run([server.url, "tools-call", "x"]);
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain("elicitation/create");
    expect(asked.stderr).toContain("m2mcp bridge");
    expect((await home.run([server.url, "tools-call", "patient"])).stdout).toBe("ok\n");
    expect(calls).toBe(3);
  });
});
