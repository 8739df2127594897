import { describe, expect, test } from "bun:test";
import type { Text } from "../../../lib/mcp/jsonrpc/bytes.ts";
import type { Message } from "../../../lib/mcp/jsonrpc/message.ts";
import { parseMessages, type Unreadable } from "../../../lib/mcp/jsonrpc/parse.ts";

const said = (text: string) => parseMessages(text, "server");
const textOf = (message: Message | Unreadable | undefined): Text | undefined =>
  message && message.kind !== "unreadable" ? message.text : undefined;
/** What reaches the host of what a server wrote. */
const passedOn = (text: string) => textOf(said(text)[0]);

describe("what came right is passed on to the letter:", () => {
  for (const text of [
    '{"jsonrpc":"2.0","id":1,"result":{"n":1.0, "big":12345678901234567890}}',
    '{"id":"1","jsonrpc":"2.0","result":{}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no","data":{"n":1e400}}}',
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}',
    '{"jsonrpc":"2.0","method":"notifications/x","params":{"a":[1.50]}}',
    '{"jsonrpc":"2.0","id":9007199254740993,"method":"roots/list"}',
    '{"jsonrpc":"2.0","id":1,"result":{},"more":1}',
  ])
    test(text, () => {
      expect(passedOn(text)).toBe(text);
      // Alone in a batch too.
      expect(passedOn(`[ ${text} ]`)).toBe(text);
    });
});

describe("what a server's serializer got wrong reaches the host as JSON-RPC 2.0:", () => {
  const OK = '{"jsonrpc":"2.0","id":1,"result":{"a":1}}';
  const NO = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no"}}';
  for (const [wrote, right] of [
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":null}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":{}}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":{"code":0,"message":""}}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":{"code":0,"message":"","data":null}}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":{"code":null,"message":null}}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":""}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":{"a":1},"error":false}', OK],
    ['{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":-32000,"message":"no"}}', NO],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":-32000,"message":"no"}}', NO],
    ['{"jsonrpc":"2.0","id":1,"method":null,"params":null,"result":{"a":1}}', OK],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","result":{"a":1}}', OK],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","error":{"code":-32000,"message":"no"}}', NO],
    ['{"id":1,"result":{"a":1}}', OK],
    ['{"jsonrpc":2.0,"id":1,"result":{"a":1}}', OK],
    ['{"jsonrpc":"1.0","id":1,"result":{"a":1}}', OK],
    ['{"id":1,"error":{"code":"-32000","message":"no"}}', NO],
    [
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32000}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"the server gave an error without a message"}}',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"error":{"message":"no"}}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}',
    ],
    [
      '{"jsonrpc":"2.0","id":1,"error":"out of memory"}',
      '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"out of memory"}}',
    ],
    ['{"jsonrpc":"2.0","id":1,"result":null}', '{"jsonrpc":"2.0","id":1,"result":{}}'],
    [
      '{"jsonrpc":"2.0","error":{"code":-32000,"message":"no"}}',
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"no"}}',
    ],
    [
      '{"jsonrpc":"2.0","id":null,"method":"notifications/x","params":{"a":1}}',
      '{"jsonrpc":"2.0","method":"notifications/x","params":{"a":1}}',
    ],
    [
      '{"jsonrpc":"2.0","method":"notifications/x","params":null}',
      '{"jsonrpc":"2.0","method":"notifications/x"}',
    ],
    ['{"id":1,"method":"roots/list"}', '{"jsonrpc":"2.0","id":1,"method":"roots/list"}'],
    [
      '{"id":1.0,"result":{"big":12345678901234567890}}',
      '{"jsonrpc":"2.0","id":1.0,"result":{"big":12345678901234567890}}',
    ],
    ['{"jsonrpc":"2.0","id":1,\n"result":{"a":\r\n1}}', '{"jsonrpc":"2.0","id":1, "result":{"a": 1}}'],
  ] as const)
    test(wrote, () => {
      expect(passedOn(wrote)).toBe(right);
      expect(passedOn(`[${wrote}]`)).toBe(right);
    });
});

describe("what nothing can be made of is told:", () => {
  for (const text of [
    "<html>",
    "",
    "7",
    "null",
    '"ok"',
    "{}",
    '{"jsonrpc":"2.0","id":1}',
    '{"error":"invalid_token"}',
    '{"result":{}}',
    '{"id":{},"result":{}}',
    "[]",
    "[[]]",
  ])
    test(text || "nothing", () => {
      expect(said(text)).toMatchObject([{ kind: "unreadable" }]);
    });
});

test("a client's text is taken as JSON-RPC 2.0 has it, and corrected nowhere", () => {
  const read = (text: string) => parseMessages(text)[0];
  for (const result of ["null", '"x"', "[]"]) {
    const text = `{"jsonrpc":"2.0","id":1,"result":${result}}`;
    expect(read(text)).toMatchObject({ kind: "response", id: "1", result: {}, text });
  }
  expect(read('{"jsonrpc":"2.0","id":null,"method":"x"}')).toMatchObject({ kind: "unreadable" });
  expect(read('{"jsonrpc":"2.0","id":1,"method":7}')).not.toHaveProperty("isAnswer");
  for (const text of ['{"jsonrpc":"2.0","id":1,"error":"no"}', '{"jsonrpc":"2.0","id":1}'])
    expect(read(text)).toMatchObject({ kind: "unreadable", id: "1", isAnswer: true });
  const beside = '{"id":1,"method":"tools/call","result":{}}';
  expect(read(beside)).toMatchObject({ kind: "request", text: beside });
});

test("a batch gives an entry for each member, with what is wrong where something is", () => {
  expect(said('[{"id":1,"result":{}},7,{"method":"a"},{"id":"x"}]').map(({ kind }) => kind)).toEqual([
    "response",
    "unreadable",
    "notification",
    "unreadable",
  ]);
});
