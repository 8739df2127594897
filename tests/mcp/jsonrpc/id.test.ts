import { describe, expect, test } from "bun:test";
import { createIds, idMeant, idOf, idSource, idValue, isSameId } from "../../../lib/mcp/jsonrpc/id.ts";
import { type Message, notification, request, requestIdOf } from "../../../lib/mcp/jsonrpc/message.ts";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";

/** Ids that readers confuse, or that a double does not hold. */
const SOURCES = [
  "1",
  '"1"',
  "1.0",
  "1e0",
  "-0",
  "0",
  '""',
  "9007199254740992",
  "9007199254740993",
  "18446744073709551615",
  "1e400",
  '"ü\\u2028\\""',
];

describe("an id is given back as it was written:", () => {
  const idIn = (message: Message | { kind: "unreadable" } | undefined) =>
    message?.kind === "request" ? message.id : undefined;
  for (const source of SOURCES) {
    const id = source.startsWith('"') ? JSON.stringify(JSON.parse(source)) : source;
    test(`${source}, alone`, () => {
      const text = `{"jsonrpc":"2.0","id":${source},"method":"tools/call"}`;
      expect(idIn(parseMessages(text)[0])).toBe(id);
      expect(request(id, "a", {}).text).toStartWith(`{"jsonrpc":"2.0","id":${id},"method"`);
      expect(JSON.stringify({ of: idValue(id) })).toBe(`{"of":${id}}`);
    });
    test(`${source}, in a batch beside all others`, () => {
      const members = SOURCES.map((one) => `{"id": ${one}, "method": "a"}`);
      const at = SOURCES.indexOf(source);
      expect(idIn(parseMessages(`[${members.join(",\n")}]`)[at])).toBe(id);
    });
    test(`${source}, in a cancellation`, () => {
      const text = `{"method":"notifications/cancelled","requestId":7,"params":{"a":{"requestId":8},"requestId": ${source}}}`;
      const [message] = parseMessages(text);
      expect(message?.kind === "notification" && requestIdOf(message)).toBe(id);
    });
    test(`${source}, beside an id of the same value in its params`, () => {
      for (const other of ["1", "1.0", "0", "9007199254740992"]) {
        const params = `"params":{"id":${other}}`;
        expect(idIn(parseMessages(`{${params},"id":${source},"method":"a"}`)[0])).toBe(id);
        expect(idIn(parseMessages(`{"id":${source},${params},"method":"a"}`)[0])).toBe(id);
      }
    });
  }

  test("a cancellation that names none has none", () => {
    for (const requestId of [null, true, {}, [1]])
      expect(requestIdOf(notification("notifications/cancelled", { requestId }))).toBeUndefined();
    expect(requestIdOf(notification("notifications/cancelled"))).toBeUndefined();
  });
});

test("ids are different where their texts are", () => {
  const ids = SOURCES.map((source) => idSource(`{"id":${source}}`, JSON.parse(source)));
  expect(new Set(ids).size).toBe(SOURCES.length);
});

test("what is neither a text nor a number is no id", () => {
  for (const value of [null, undefined, true, {}, []]) expect(idOf(value)).toBeUndefined();
  expect([idOf("a"), idOf(7), idOf("7")]).toEqual(['"a"', "7", '"7"']);
});

describe("an id that the server wrote otherwise is taken for ours:", () => {
  for (const [theirs, ours, is] of [
    ["1", "1", true],
    ['"1"', "1", true],
    ["1", '"1"', true],
    ["1.0", "1", true],
    ["9007199254740992", "9007199254740993", true],
    ["2", "1", false],
    ['"a"', '"b"', false],
    ['""', "0", false],
    ["0", '""', false],
  ] as const)
    test(`${theirs} for ${ours}: ${is}`, () => {
      expect(isSameId(theirs, ours)).toBe(is);
    });
});

test("the request that an answer is meant for is the one of the same id, else of the same value; without an id, the only one", () => {
  const underWay = (...ids: string[]) => new Map(ids.map((id) => [id, 0]));
  expect(idMeant("1", underWay('"1"', "1"))).toBe("1");
  expect(idMeant("1", underWay("2", '"1"'))).toBe('"1"');
  expect(idMeant("3", underWay("2", '"1"'))).toBeUndefined();
  expect(idMeant(null, underWay("2"))).toBe("2");
  expect(idMeant(null, underWay("2", "3"))).toBeUndefined();
  expect(idMeant(null, underWay())).toBeUndefined();
});

describe("ids of our own", () => {
  test("begin anywhere, so that processes that share a session do not use the same", () => {
    const firsts = new Set(Array.from({ length: 50 }, () => createIds().next()));
    expect(firsts.size).toBe(50);
    const ids = createIds();
    const [one, two] = [ids.next(), ids.next()];
    expect(Number(two)).toBe(Number(one) + 1);
  });

  test("are above what clients count to, and of 31 bits, whatever chance says, also after a thousand million", () => {
    for (const chance of [0, 0.5, 1 - Number.EPSILON]) {
      const first = Number(createIds(() => chance).next());
      expect(first).toBeGreaterThan(1e7);
      expect(first + 1e9).toBeLessThan(2 ** 31);
    }
  });

  test("begin again where those of 31 bits are used up", () => {
    const ids = createIds(() => 2);
    expect(Number(ids.next())).toBeLessThan(2 ** 31);
    const many = Array.from({ length: 3 }, () => Number(ids.next()));
    expect(many.every((id) => id > 1e7 && id < 2 ** 31)).toBe(true);
    expect(new Set(many).size).toBe(3);
  });
});
