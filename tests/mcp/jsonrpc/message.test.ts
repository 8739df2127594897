import { describe, expect, test } from "bun:test";
import { LONG_BYTES } from "../../../lib/mcp/jsonrpc/bytes.ts";
import {
  errorResponse,
  type Message,
  notification,
  request,
  resultResponse,
  TOO_DEEP,
} from "../../../lib/mcp/jsonrpc/message.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("messages", () => {
  test("are told apart by their members", () => {
    const kinds = (text: string) => parseMessages(text).map(({ kind }) => kind);
    expect(kinds('{"jsonrpc":"2.0","id":1,"method":"a"}')).toEqual(["request"]);
    expect(kinds('{"jsonrpc":"2.0","method":"a"}')).toEqual(["notification"]);
    expect(kinds('{"jsonrpc":"2.0","id":"x","result":{}}')).toEqual(["response"]);
    expect(kinds('{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"m"}}')).toEqual(["response"]);
    expect(kinds('[{"id":1,"method":"a"},{"method":"b"},7]')).toEqual([
      "request",
      "notification",
      "unreadable",
    ]);
  });

  test("that are none name the error to answer with, and the id where there is one", () => {
    const read = (text: string) => parseMessages(text)[0];
    expect(read("{")).toMatchObject({ kind: "unreadable", id: null, error: { code: -32700 } });
    expect(read("[]")).toMatchObject({ error: { code: -32600 } });
    expect(read('{"id":5}')).toMatchObject({ id: "5", error: { code: -32600 } });
    expect(read('{"id":{},"method":"a"}')).toMatchObject({ id: null, error: { code: -32600 } });
  });

  test("keep their text to the letter, on one line", () => {
    const text = '{"jsonrpc":"2.0","id":1e2,"result":{"n":12345678901234567890}}';
    expect(parseMessages(text)[0]).toMatchObject({ id: "1e2", text });
    expect(parseMessages('{\n"id":1,\r\n"result":{}}')[0]).toMatchObject({ text: '{ "id":1, "result":{}}' });
  });

  test("long ones are read from bytes, and their members are there whenever they are asked for", () => {
    const long = "x".repeat(LONG_BYTES);
    const asked = parseMessages(bytes(request("1", "tools/call", { name: "echo", long }).text as string))[0];
    expect(asked).toMatchObject({ kind: "request", id: "1", method: "tools/call" });
    expect(asked?.kind === "request" && asked.params.name).toBe("echo");
    const answer = parseMessages(bytes(`${resultResponse("2", { long }).text}`))[0] as Message;
    expect(answer.kind === "response" && answer.result?.long).toBe(long);
    expect({ ...answer }).toMatchObject({ id: "2", result: { long } });
    expect(request("3", "a", { long }).params.long).toBe(long);
  });

  test("long ones over several lines become one", () => {
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, result: { x: "y".repeat(LONG_BYTES) } }, null, 2);
    const [message] = parseMessages(bytes(text));
    expect(message?.kind === "response" && String(message.text)).not.toMatch(/[\r\n]/);
    expect(message?.kind === "response" && JSON.parse(String(message.text))).toEqual(JSON.parse(text));
  });
});

test("what is nested without measure is refused at once, not after seconds in which nothing else is done", () => {
  const nested = (levels: number) => ({ a: JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`) });
  const startedMs = performance.now();
  for (const levels of [30_000, 100_000]) {
    for (const build of [request.bind(null, "1"), notification])
      expect(() => build("x", nested(levels))).toThrow(TOO_DEEP.message);
    expect(resultResponse("1", nested(levels)).error?.data).toMatchObject({ code: "too_deep" });
    expect(errorResponse("1", { code: 1, message: "m", data: nested(levels) }).text).toBe(
      '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}',
    );
  }
  expect(performance.now() - startedMs).toBeLessThan(1500);
  expect(resultResponse("1", nested(20_000)).error).toBeUndefined();
});
