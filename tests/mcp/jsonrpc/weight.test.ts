import { describe, expect, test } from "bun:test";
import { parseMessages } from "../../../lib/mcp/jsonrpc/parse.ts";
import { createScale, isTooHeavy } from "../../../lib/mcp/jsonrpc/weight.ts";

const weigh = (text: string, cuts: number[] = []) => {
  const bytes = new TextEncoder().encode(text);
  const scale = createScale();
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    scale.add(bytes.subarray(from, cut));
    from = cut;
  }
  return scale.weight();
};

describe("the weight of a JSON text", () => {
  test("counts what stands outside strings alone", () => {
    expect(weigh('"{[,:"')).toBe(weigh('"abcd"'));
    expect(weigh('"a\\"{,\\\\"')).toBe(weigh('"x"'));
    expect(weigh('["a\\\\",{}]')).toBe(weigh('["a",{}]'));
    expect(weigh("[{},{}]")).toBeGreaterThan(weigh("[1,2]"));
    expect(weigh('{"a":1}')).toBeLessThan(weigh('["a",{}]'));
  });

  test("is the same however the text is cut", () => {
    const long = `${"x".repeat(30)}\\\\\\"${"y".repeat(30)}\\\\`;
    const text = `["${long}","${long}",{}]{"a\\\\\\"b":["x,{",{"é":"\\\\"},[1,2,"\\u005c\\""]],"z":"\\\\\\\\"}`;
    const whole = weigh(text);
    const { length } = new TextEncoder().encode(text);
    for (let one = 0; one <= length; one++)
      for (let two = one; two <= length; two += 3) expect(weigh(text, [one, two])).toBe(whole);
  });
});

describe("a message that would take too much memory once read", () => {
  const mebi = 1024 * 1024;
  const result = (inner: string) => `{"jsonrpc":"2.0","id":1,"result":{"content":[${inner}]}}`;
  const heavy = {
    "many objects": result(`${"{},".repeat(12 * mebi)}{}`),
    "a batch without end": `[${"{},".repeat(12 * mebi)}{}]`,
    "a deep nest": result("[".repeat(5 * mebi) + "]".repeat(5 * mebi)),
    "many texts": result(`${'"a",'.repeat(8 * mebi)}""`),
  };
  for (const [what, text] of Object.entries(heavy))
    test(`is refused before it is read: ${what}`, () => {
      for (const form of [text, new TextEncoder().encode(text)]) {
        expect(isTooHeavy(form)).toBe(true);
        const startedMs = performance.now();
        expect(parseMessages(form, "server")).toMatchObject([{ kind: "unreadable", id: null }]);
        expect(performance.now() - startedMs).toBeLessThan(1500);
      }
    });

  const small = {
    "one long text": result(`"${"x,{".repeat(20 * mebi)}"`),
    "a text that is JSON": result(JSON.stringify(JSON.stringify(Array(3 * mebi).fill({ a: 1 })))),
    "many numbers": result(
      Array(4 * mebi)
        .fill("0.123456789")
        .join(),
    ),
    "a million records": result(Array(mebi).fill('{"id":1,"name":"x","value":2.5}').join()),
  };
  for (const [what, text] of Object.entries(small))
    test(`is not: ${what}`, () => {
      expect(isTooHeavy(text)).toBe(false);
      expect(parseMessages(text, "server")).toMatchObject([{ kind: "response" }]);
    });

  test("a nest that cannot be written anew is unreadable, not a fault of ours", () => {
    const nest = `${"[".repeat(mebi)}${"]".repeat(mebi)}`;
    for (const text of [`{"id":1,"result":{"a":${nest}}}`, `[{"method":"x","params":{"a":${nest}}}]`])
      expect(parseMessages(text, "server")).toMatchObject([{ kind: "unreadable" }]);
    // What came right need not be written anew.
    const shorter = `${"[".repeat(mebi / 8)}${"]".repeat(mebi / 8)}`;
    const right = `{"jsonrpc":"2.0","method":"x","params":{"a":${shorter}}}`;
    const [read] = parseMessages(`[${right}]`, "server");
    expect(read?.kind === "notification" && read.text === right).toBe(true);
  });
});
