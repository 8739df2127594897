import { describe, expect, test } from "bun:test";
import { readMessages } from "../../../lib/mcp/http/read-messages.ts";
import type { StreamCursor } from "../../../lib/mcp/http/sse.ts";
import type { Message } from "../../../lib/mcp/jsonrpc/message.ts";
import { events, httpResponse } from "../../support/mcp/response.ts";

const ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"a":1}}';
const NOTE = '{"jsonrpc":"2.0","method":"notifications/x"}';
const SSE = "text/event-stream";

/** Reads a body; the texts of its messages, what was logged, what could not be read, or how it failed. */
async function read(body: string | null, type?: string, expected: string | null = "1") {
  const texts: string[] = [];
  const logged: string[] = [];
  const cursor: StreamCursor = {};
  const outcome = await readMessages(httpResponse(body, { type }), {
    url: "https://server.example/mcp",
    cursor,
    log: (line) => void logged.push(line),
    take: async (message: Message) => void texts.push(String(message.text)),
    ...(expected === null ? {} : { expected }),
  }).then(
    ({ unreadable }) => ({ unreadable }),
    ({ code, message }) => ({ code, message }),
  );
  return { texts, logged, cursor, ...outcome } as {
    texts: string[];
    logged: string[];
    cursor: StreamCursor;
    unreadable?: string;
    code?: string;
    message?: string;
  };
}

describe("an answer of type", () => {
  for (const type of [
    "application/json",
    "Application/JSON; Charset=UTF-8",
    "application/json-rpc",
    "application/vnd.api+json",
    "application/problem+json",
    "text/json",
    "text/plain; charset=utf-8",
    "application/octet-stream",
    undefined,
  ])
    test(`${type ?? "none"} is read`, async () => {
      expect((await read(ANSWER, type)).texts).toEqual([ANSWER]);
      expect((await read(`\n  ${ANSWER}\n`, type)).texts).toEqual([ANSWER]);
    });

  for (const type of ["text/plain", "application/octet-stream", undefined])
    test(`${type ?? "none"} is read where it is a stream of events, too`, async () => {
      expect((await read(`: hi\n\nevent: message\ndata: ${ANSWER}\n\n`, type)).texts).toEqual([ANSWER]);
      expect((await read(`data: ${ANSWER}`, type)).texts).toEqual([ANSWER]);
    });

  for (const body of ["", " \r\n"])
    test(`JSON that is empty is told as nothing: ${JSON.stringify(body)}`, async () => {
      expect(await read(body, "application/json")).toMatchObject({
        code: "invalid_answer",
        message: "server.example sent what is no MCP answer: it is empty",
      });
    });

  for (const type of ["text/html", "application/xml", "image/png"])
    test(`${type} is refused, whatever is in it`, async () => {
      expect(await read(ANSWER, type)).toMatchObject({ texts: [], code: "content_type" });
    });

  for (const [type, body] of [
    [undefined, ""],
    [undefined, "<html>"],
    ["text/plain", "ok"],
    ["application/octet-stream", "\0\0"],
  ] as const)
    test(`${type ?? "none"} with ${JSON.stringify(body)} in it is no answer`, async () => {
      expect(await read(body, type)).toMatchObject({ texts: [], code: "content_type" });
    });

  for (const body of ["", "<html>", '{"jsonrpc":"2.0","id":1,', '{"ok":true}', "[]", "null", "[7]"])
    test(`application/json with ${body || "nothing"} in it is told as unreadable`, async () => {
      expect(await read(body, "application/json")).toMatchObject({ texts: [], code: "invalid_answer" });
    });
});

describe("events", () => {
  test("carry messages where they are unnamed, or named message", async () => {
    const body = `data: ${NOTE}\n\nevent: message\ndata: ${NOTE}\n\nevent:\ndata: ${NOTE}\n\n`;
    expect((await read(body, SSE)).texts).toEqual([NOTE, NOTE, NOTE]);
  });

  for (const name of ["ping", "heartbeat", "error", "endpoint", "Message", "done", "jsonrpc"])
    test(`named ${name} carry none, whatever is in them`, async () => {
      const body = `event: ${name}\ndata: ${NOTE}\n\n${events(ANSWER)}`;
      expect((await read(body, SSE, null)).texts).toEqual([ANSWER]);
      if (name !== "error") expect((await read(body, SSE)).texts).toEqual([ANSWER]);
    });

  test("without data, and comments, are nothing", async () => {
    expect(await read(`: hello\n\nid: 7\ndata:\n\nretry: 5\n\n${events(ANSWER)}`, SSE)).toMatchObject({
      texts: [ANSWER],
      logged: [],
      cursor: { lastEventId: "7", retryMs: 5 },
    });
  });

  test("that cannot be read are told, and those behind them are read", async () => {
    const { texts, unreadable, logged } = await read(events("<html>", ANSWER), SSE);
    expect({ texts, unreadable }).toEqual({ texts: [ANSWER], unreadable: "it is not valid JSON" });
    expect(logged).toHaveLength(1);
  });

  test("that are nearly the answer are told at once", async () => {
    for (const broken of [
      '{"jsonrpc":"2.0","id":1,"result":{"n":NaN}}',
      '{"result":{"items":[{"id":2,"n":Infinity}]},"id": 1}',
      '{"jsonrpc":"2.0","id":1,"result":oops}',
      '{"jsonrpc":"2.0","id":1}',
    ])
      expect(await read(events(broken, NOTE), SSE)).toMatchObject({ texts: [], code: "invalid_answer" });
    // Not the answer, though its id is within.
    const other = '{"jsonrpc":"2.0","method":"x","params":{"id":1,"n":NaN}}';
    expect((await read(events(other, ANSWER), SSE)).texts).toEqual([ANSWER]);
  });

  test("named error end an answer with the server's words", async () => {
    for (const data of [
      '{"message":"upstream is down"}',
      '{"error":{"message":"upstream is down"}}',
      "upstream is down",
    ])
      expect(await read(`event: error\ndata: ${data}\n\n`, SSE)).toMatchObject({
        code: "stream_error",
        message: expect.stringContaining("upstream is down"),
      });
    // On a stream that answers nothing they end nothing.
    const body = `event: error\ndata: {"message":"x"}\n\n${events(NOTE)}`;
    expect((await read(body, SSE, null)).texts).toEqual([NOTE]);
  });

  test("named endpoint in answer to a POST are of the old transport", async () => {
    const body = "event: endpoint\ndata: /message?sessionId=1\n\n";
    expect(await read(body, SSE)).toMatchObject({ code: "old_transport" });
    expect(await read(body, SSE, null)).toMatchObject({ texts: [] });
  });
});

describe("the id of an answer", () => {
  for (const [wrote, asked] of [
    ['"1"', "1"],
    ["1.0", "1"],
    ["1", '"1"'],
    ["9007199254740992", "9007199254740993"],
  ] as const)
    test(`${wrote} is taken for ${asked}`, async () => {
      const said = `{"jsonrpc":"2.0","id":${wrote},"result":{}}`;
      const right = `{"jsonrpc":"2.0","id":${asked},"result":{}}`;
      for (const [body, type] of [
        [said, "application/json"],
        [events(said), SSE],
        [`[${said}]`, "application/json"],
      ] as const)
        expect((await read(body, type, asked)).texts).toEqual([right]);
    });
});

test("an answer that names no id is that of its own response, as of a serializer that leaves out a zero", async () => {
  for (const id of ['"id":null,', ""])
    for (const [wrap, type] of [
      [(text: string) => text, "application/json"],
      [events, SSE],
    ] as const) {
      const { texts } = await read(wrap(`{"jsonrpc":"2.0",${id}"result":{"a":1}}`), type, "0");
      expect(texts).toEqual(['{"jsonrpc":"2.0","id":0,"result":{"a":1}}']);
    }
  // An error may be another's.
  const error = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}';
  expect((await read(error, "application/json", "0")).texts).toEqual([error]);
});

test("nothing in an array overtakes an answer in it", async () => {
  const order: string[] = [];
  let answered = () => {};
  const host = new Promise<void>((resolve) => {
    answered = resolve;
  })
    .then(() => {})
    .then(() => order.push("answer"));
  await readMessages(httpResponse(`[${ANSWER},${NOTE}]`, { type: "application/json" }), {
    url: "https://server.example/mcp",
    cursor: {},
    log() {},
    take(message) {
      if (message.kind === "response") answered();
      else order.push("notification");
      return undefined;
    },
    expected: "1",
  });
  await host;
  expect(order).toEqual(["answer", "notification"]);
});
