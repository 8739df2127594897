// Which tools may be used, by name and by what they say of themselves; and messages that say two things at once.
import { describe, expect, test } from "bun:test";
import { canonicalJson, definitionOf, digestOf } from "../../../lib/mcp/policy/definition.ts";
import { doubtfulMember } from "../../../lib/mcp/policy/doubtful.ts";
import { judgePin, pinsOf } from "../../../lib/mcp/policy/pins.ts";
import { deniedByHints, deniedByName, isMeant, type ToolRule } from "../../../lib/mcp/policy/tool-rules.ts";

describe("patterns", () => {
  for (const [pattern, meant, not] of [
    ["get", ["get"], ["get_x", "Get", "ge", ""]],
    ["get_*", ["get_", "get_x", "get_x_y"], ["get", "forget_x"]],
    ["*", ["", "a", "a.b/c"], []],
    ["*_x*y", ["a_xy", "_x_xy", "__x-y"], ["xy", "_x"]],
    ["?b?", ["abc", "\u{1f600}bc"], ["ab", "abcd"]],
    ["a.c", ["a.c"], ["abc"]],
    ["[a]", ["[a]"], ["a"]],
  ] as const)
    test(pattern, () => {
      for (const name of meant) expect([name, isMeant(name, pattern)]).toEqual([name, true]);
      for (const name of not) expect([name, isMeant(name, pattern)]).toEqual([name, false]);
    });

  test("many stars take no time", () => {
    expect(isMeant("a".repeat(5000), `${"*a".repeat(200)}*b`)).toBe(false);
  });
});

const rule = (kind: "allow" | "deny" | "read-only", ...patterns: string[]): ToolRule => ({
  ...(kind === "read-only" ? { kind } : { kind, patterns }),
  setBy: `--${kind}`,
  change: "change it",
});

describe("rules", () => {
  test("all hold together, and the one that denies is named", () => {
    const rules = [rule("allow", "get_*", "echo"), rule("allow", "*"), rule("deny", "get_secret")];
    expect(deniedByName(rules, "echo")).toBeUndefined();
    expect(deniedByName(rules, "get_x")).toBeUndefined();
    expect(deniedByName(rules, "get_secret")?.message).toContain("--deny denies it (get_secret)");
    expect(deniedByName(rules, "drop")?.message).toContain("--allow allows other tools only (get_*, echo)");
    expect(deniedByName(rules, "drop")).toMatchObject({
      code: "tool_denied",
      exitCode: 1,
      hint: "change it",
    });
  });

  test("a denied tool is denied in any letters", () => {
    for (const name of ["drop", "DROP", " drop ", "ｄｒｏｐ"])
      expect(deniedByName([rule("deny", "Drop")], name)).toBeDefined();
  });

  test("read-only is what says so, and nothing else", () => {
    for (const annotations of [undefined, null, {}, { readOnlyHint: "true" }, { readOnlyHint: false }, []])
      expect(deniedByHints([rule("read-only")], "x", { name: "x", annotations })).toBeDefined();
    expect(deniedByHints([rule("read-only")], "x", { annotations: { readOnlyHint: true } })).toBeUndefined();
    expect(deniedByHints([rule("allow", "x")], "x", {})).toBeUndefined();
  });
});

describe("a message that another reader could take for another one", () => {
  const call = (params: string, more = "") =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call"${more},"params":{${params}}}`;
  for (const [what, text, member] of [
    ["a plain call", call('"name":"a","arguments":{"name":"b","Name":"c","name":"d"}'), undefined],
    ["two names", call('"name":"a","name":"b"'), "name"],
    ["a name in other letters", call('"name":"a","Name":"b"'), "Name"],
    ["a name in other letters alone", call('"NAME":"b"'), "NAME"],
    ["an escaped name", call('"name":"a","n\\u0061me":"b"'), "name"],
    ["a long s", call('"name":"a"', ',"param\u017f":{}'), "param\u017f"],
    ["two methods", call('"name":"a"', ',"method":"ping"'), "method"],
    ["another id", call('"name":"a"', ',"ID":2'), "ID"],
    ["what nobody knows", call('"name":"a","x":1,"X":2', ',"x":1'), undefined],
  ] as const)
    test(what, () => expect(doubtfulMember(text, true)).toBe(member));

  test("the params of other methods are their own", () =>
    expect(doubtfulMember('{"id":1,"method":"x","params":{"name":1,"Name":2}}', false)).toBeUndefined());
});

describe("pins", () => {
  const tool = { name: "a", description: "d", inputSchema: { type: "object", properties: { x: {}, y: {} } } };

  test("the order of members, and what no model goes by, are no change", () => {
    const turned = {
      inputSchema: { properties: { y: {}, x: {} }, type: "object" },
      description: "d",
      name: "a",
    };
    expect(digestOf(definitionOf(turned))).toBe(digestOf(definitionOf(tool)));
    expect(digestOf(definitionOf({ ...tool, icons: [], _meta: { x: 1 } }))).toBe(
      digestOf(definitionOf(tool)),
    );
    expect(canonicalJson({ b: [1, { d: null, c: "\u2028" }], a: 1e21 })).toBe(
      '{"a":1e+21,"b":[1,{"c":"\u2028","d":null}]}',
    );
  });

  for (const change of [
    { title: "t" },
    { description: "d " },
    { annotations: { readOnlyHint: true } },
    { inputSchema: { type: "object", properties: { x: {}, y: {}, note: {} } } },
    { outputSchema: { type: "object" } },
  ])
    test(`a change: ${JSON.stringify(change)}`, () => {
      const pins = pinsOf([tool], 1);
      expect(judgePin(pins, "a", tool)).toBe("same");
      expect(judgePin(pins, "a", { ...tool, ...change })).toBe("changed");
    });

  test("a name is new unless it was pinned, whatever it is", () => {
    const pins = pinsOf([tool, { ...tool, name: "__proto__" }], 1);
    expect(judgePin(pins, "b", { ...tool, name: "b" })).toBe("new");
    expect(judgePin(pins, "toString", tool)).toBe("new");
    expect(judgePin(pins, "__proto__", { ...tool, name: "__proto__" })).toBe("same");
  });

  test("an output that legacy clients see in another shape is the same to both", () => {
    const modern = {
      name: "a",
      outputSchema: { type: "array", items: { $ref: "#/$defs/x" }, $defs: { x: {} } },
    };
    const pins = pinsOf([modern], 1);
    expect(judgePin(pins, "a", pins.a?.definition ?? {})).toBe("same");
  });

  test("what is nested too deep to be compared is never the same", () => {
    let schema: unknown = {};
    for (let at = 0; at < 200_000; at++) schema = { items: schema };
    const deep = { name: "a", inputSchema: schema };
    expect(judgePin(pinsOf([deep], 1), "a", deep)).toBe("new");
    expect(judgePin(pinsOf([tool], 1), "a", deep)).toBe("changed");
  });
});
