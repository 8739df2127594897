import { describe, expect, test } from "bun:test";
import type { Text } from "../../../lib/mcp/jsonrpc/bytes.ts";
import { HOLLOW, hollowText } from "../../../lib/mcp/jsonrpc/hollow-text.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { metaOf } from "../../../lib/mcp/protocol/meta.ts";

const bytesOf = (json: string) => new TextEncoder().encode(json);
const LONG = "y".repeat(200_000);
/** As a line of the client's or an answer comes: bytes where it is long. */
const client = (json: string) => parseMessages(bytesOf(json))[0];
const server = (json: string) => parseMessages(bytesOf(json), "server")[0];
const call = (inside: string, more = "") =>
  `{"jsonrpc":"2.0","id":1.0,"method":"tools/call","params":{"name":"n","arguments":{"text":"${inside}"}}${more}}`;
const asText = (text: Text | undefined) =>
  typeof text === "string" ? text : new TextDecoder().decode(text ?? new Uint8Array());

describe("a long message", () => {
  test("passes on to the letter, and all of it is there for who asks", () => {
    const json = call(`${LONG}\\n\\u00e9`);
    const read = client(json);
    if (read?.kind !== "request") throw new Error(read?.kind);
    expect(read).toMatchObject({ id: "1.0", method: "tools/call" });
    expect(asText(read.text)).toBe(json);
    expect(read.params).toEqual({ name: "n", arguments: { text: `${LONG}\né` } });
  });

  test("has its _meta read beside it, but for a long one", () => {
    const withMeta = (meta: string) => {
      const read = client(
        `{"jsonrpc":"2.0","id":1,"method":"m","params":{"_meta":{"a\\/b":"${meta}"},"x":"${LONG}"}}`,
      );
      if (read?.kind !== "request") throw new Error(read?.kind);
      return { read, meta: metaOf(read) };
    };
    const short = withMeta("c");
    expect([short.read.meta, short.meta]).toEqual([{ "a/b": "c" }, { "a/b": "c" }]);
    const long = withMeta(LONG);
    expect([long.read.meta, long.meta]).toEqual([undefined, { "a/b": LONG }]);
  });

  test("is a message of one line, whatever stands between its tokens", () => {
    const read = client(call(LONG).replaceAll(",", ",\r\n"));
    if (read?.kind !== "request") throw new Error(read?.kind);
    expect(asText(read.text)).toBe(call(LONG).replaceAll(",", ", "));
    // Shorter than what counts as long, once it is one line.
    const edge = client(call("é".repeat(65_500)).replaceAll(",", ",\n\n"));
    expect(edge).toMatchObject({ params: { arguments: { text: "é".repeat(65_500) } } });
  });

  for (const [what, json] of [
    ["a line feed in a string", call(`${LONG}\n`)],
    ["a tab in a string", call(`${LONG}\t${LONG}`)],
    ["a NUL in a string", call(`${LONG}\0`)],
    ["an escape that is none", call(`${LONG}\\x`)],
    ["an escape cut short", call(`${LONG}\\u12`)],
    ["an escape of no digits", call(`${LONG}\\u12g4`)],
    ["a string without an end", `{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":"${LONG}`],
    ["an escaped end", `{"jsonrpc":"2.0","id":1,"method":"m","params":{"x":"${LONG}\\"}}`],
    ["two values", `${call(LONG)}{}`],
    ["a missing bracket", call(LONG).slice(0, -1)],
    ["a trailing comma", call(LONG, ",")],
  ] as const)
    test(`is refused for ${what}, as a short one is`, () => {
      expect(client(json)).toMatchObject({ kind: "unreadable", error: { code: -32700 } });
      expect(server(json)).toMatchObject({ kind: "unreadable", error: { code: -32700 } });
    });

  test("may have a long id, a long method, or an id that looks like what was left out", () => {
    expect(client(`{"jsonrpc":"2.0","id":"${LONG}","method":"m"}`)).toMatchObject({ id: `"${LONG}"` });
    expect(client(`{"jsonrpc":"2.0","id":1,"method":"${LONG}"}`)).toMatchObject({ method: LONG });
    const nul = `{"jsonrpc":"2.0","id":"\\u0000","method":"m","params":{"x":"${LONG}"}}`;
    expect(client(nul)).toMatchObject({ id: '"\\u0000"', method: "m", params: { x: LONG } });
  });

  test("of a server's is put right as a short one is", () => {
    const result = `{"content":"${LONG}","n":12345678901234567890}`;
    const right = `{"jsonrpc":"2.0","id":1,"result":${result}}`;
    for (const wrote of [
      right,
      `{"id":1,"result":${result}}`,
      `{"jsonrpc":"2.0","id":1,"result":${result},"error":null}`,
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","result":${result}}`,
    ]) {
      const read = server(wrote);
      if (read?.kind !== "response") throw new Error(read?.kind);
      expect(asText(read.text)).toBe(right);
      expect(read.result).toMatchObject({ content: LONG });
    }
    expect(server(`{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"${LONG}"}}`)).toMatchObject({
      error: { code: -1, message: LONG },
    });
  });
});

describe("what is left of a text without its long strings", () => {
  test("has the same shape", () => {
    const value = { a: LONG, b: ["s", LONG, 1.5], [LONG]: null };
    const hollow = { a: HOLLOW, b: ["s", HOLLOW, 1.5], [HOLLOW]: null };
    expect(JSON.parse(hollowText(bytesOf(JSON.stringify(value))) ?? "")).toEqual(hollow);
  });

  test("is found at any place in memory, with anything at the end of a long string", () => {
    for (let offset = 0; offset < 5; offset++)
      for (let end = 0; end < 5; end++)
        for (const [last, isValid] of [
          ["", true],
          ["é", true],
          ['\\"', true],
          ["\\\\", true],
          ["\x1f", false],
          ["\x7f", true],
        ] as const) {
          const json = bytesOf(`["${LONG}${"z".repeat(end)}${last}"]`);
          const moved = new Uint8Array(json.length + offset);
          moved.set(json, offset);
          expect(hollowText(moved.subarray(offset))).toBe(isValid ? '["\\u0000"]' : undefined);
        }
  });

  test("is nothing where the text is many short strings", () => {
    expect(
      hollowText(bytesOf(JSON.stringify(Array.from({ length: 9000 }, (_, i) => `text ${i}`)))),
    ).toBeUndefined();
  });
});
