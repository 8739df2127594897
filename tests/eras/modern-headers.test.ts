// What a request to a modern server says in its headers, and where that is learned.
import { beforeEach, describe, expect, test } from "bun:test";
import { createHome } from "../support/home.ts";
import { refuse, says } from "../support/mcp/scripted.ts";
import { complete } from "../support/mcp/scripted-modern.ts";
import { answerTo, DISCOVER, INITIALIZED, initialize, META, piped, request } from "../support/messages.ts";
import { begin, modernServerForEachTest } from "./begin.ts";

const { home, server } = modernServerForEachTest();
const call = (id: string, params: object, extra: object = {}) =>
  request(id, "tools/call", { ...params, ...extra });

describe("headers", () => {
  const headers: Record<string, string | string[] | undefined>[] = [];
  beforeEach(() => {
    headers.length = 0;
    for (const method of ["tools/call", "prompts/get", "resources/read"])
      server.methods[method] = (asked) => {
        headers.push(asked.request.headers);
        complete(asked, says("ok"));
      };
  });

  test("mirror version, method and name; what is no plain ASCII goes as Base64", async () => {
    const it = await begin(home, server.url, "legacy");
    const names = [
      "plain",
      "Zürich 世界",
      " padded ",
      "line\nbreak",
      "=?base64?literal?=",
      "tab\tinside",
      "",
    ];
    for (const [at, name] of names.entries()) it.say(call(`c${at}`, { name, arguments: {} }));
    it.say(request("p", "prompts/get", { name: "greet" }));
    it.say(request("r", "resources/read", { uri: "file:///ü" }));
    for (const id of [...names.keys()].map((at) => `c${at}`).concat("p", "r")) await it.answer(id);
    const decoded = headers.map(({ "mcp-name": value }) => {
      const encoded = /^=\?base64\?(.*)\?=$/.exec(String(value))?.[1];
      return encoded === undefined ? String(value) : Buffer.from(encoded, "base64").toString("utf8");
    });
    expect(decoded.sort()).toEqual([...names, "greet", "file:///ü"].sort());
    for (const one of headers) expect(one["mcp-protocol-version"]).toBe("2026-07-28");
    expect(headers.some(({ "mcp-name": value }) => value === "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=")).toBe(
      true,
    );
    expect(headers.some(({ "mcp-name": value }) => value === "plain")).toBe(true);
    expect(headers.some((one) => "mcp-session-id" in one)).toBe(false);
  });

  test("that a tool's schema wants are learned from the list, or when the server misses them", async () => {
    const inputSchema = {
      type: "object",
      properties: {
        region: { type: "string", "x-mcp-header": "Region" },
        deep: { type: "object", properties: { n: { type: "integer", "x-mcp-header": "N" } } },
        on: { type: "boolean", "x-mcp-header": "On" },
      },
    };
    const bad = { type: "object", properties: { x: { type: "object", "x-mcp-header": "X" } } };
    server.methods["tools/list"] = (asked) =>
      complete(asked, {
        tools: [
          { name: "good", inputSchema },
          { name: "bad", inputSchema: bad },
        ],
        ttlMs: 0,
        cacheScope: "public",
      });
    server.methods["tools/call"] = (asked) => {
      const { request } = asked;
      headers.push(request.headers);
      if (request.headers["mcp-param-region"] === undefined)
        return refuse(asked, 400, { code: -32020, message: "Mcp-Param-Region is missing" });
      complete(asked, says("ok"));
    };
    const args = { region: "Zürich", deep: { n: 42 }, on: false };
    for (const client of ["legacy", "modern"] as const) {
      headers.length = 0;
      const fresh = createHome();
      const _meta = client === "modern" ? { _meta: META } : {};
      const lines = await piped(
        fresh,
        [server.url],
        [
          ...(client === "modern" ? [DISCOVER] : [initialize(), INITIALIZED]),
          call("call", { name: "good", arguments: args }, _meta),
          { jsonrpc: "2.0", id: "list", method: "tools/list", params: _meta },
        ],
      );
      expect(answerTo(lines, "call").result).toMatchObject(says("ok"));
      expect(headers).toHaveLength(2);
      expect(headers[1]).toMatchObject({
        "mcp-param-region": `=?base64?${Buffer.from("Zürich").toString("base64")}?=`,
        "mcp-param-n": "42",
        "mcp-param-on": "false",
      });
      const tools = answerTo(lines, "list").result?.tools as { name: string }[];
      expect(tools.map(({ name }) => name)).toEqual(["good"]);
      // The next process knows them.
      headers.length = 0;
      const { code, stdout } = await fresh.run([server.url, "tools-call", "good", `region=a`]);
      expect({ code, stdout }).toEqual({ code: 0, stdout: "ok\n" });
      expect(headers).toHaveLength(1);
      fresh.remove();
    }
  });

  test("a server that misses a header for ever gets no third try", async () => {
    server.methods["tools/call"] = (asked) => {
      headers.push(asked.request.headers);
      refuse(asked, 400, { code: -32020, message: "never right" });
    };
    const it = await begin(home, server.url, "legacy");
    it.say(call("call", { name: "x", arguments: {} }));
    expect((await it.answer("call")).error).toMatchObject({ code: -32020, message: "never right" });
    expect(headers).toHaveLength(2);
  });
});
