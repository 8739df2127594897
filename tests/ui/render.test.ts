import { describe, expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import { suggest } from "../../lib/command-line/suggest.ts";
import { M2mcpError, wrongUsage } from "../../lib/failure.ts";
import { serverError } from "../../lib/mcp/protocol/errors.ts";
import { textWidth } from "../../lib/platform/text-width.ts";
import { prompts, resources, tools } from "../../lib/ui/lists/lists.ts";
import { toolShown } from "../../lib/ui/lists/tool.ts";
import { createOutput, type OutputMode } from "../../lib/ui/output.ts";
import { promptLine } from "../../lib/ui/prompt.ts";
import { content, messages, toolResult } from "../../lib/ui/render.ts";
import { createScreens } from "../../lib/ui/screen/screen.ts";
import { table } from "../../lib/ui/table.ts";
import { moment, span } from "../../lib/ui/time.ts";
import { sink } from "../support/run-verb.ts";

const pipe = createScreens({ stdout: {}, stderr: {} }, {}, "auto").out;
const terminalOf = (columns: number, env = {}) =>
  createScreens({ stdout: { isTTY: true, columns }, stderr: {} }, env, "never").out;
/** What a person sees, whatever made it. */
const plain = (made: string): string => made;

describe("lists", () => {
  test("columns are aligned, lines end where their text does", () => {
    expect<string>(
      table([
        ["a", "b", "c"],
        ["long", "", "d"],
        ["x", "", ""],
      ]),
    ).toBe("a     b  c\nlong     d\nx");
  });
  test("letters that take two columns count two", async () => {
    expect<string>(
      table([
        ["日本", "a"],
        ["é…", "b"],
      ]),
    ).toBe("日本  a\né…    b");
    const made = prompts(
      [
        { name: "要約", description: "a" },
        { name: "cafe\u0301", description: "b" },
      ],
      pipe,
    );
    expect(plain(made)).toBe("要約    a\ncafe\u0301    b");
  });
  const limit = { type: "integer" };
  const add = {
    name: "add",
    description: "Adds.\nMore",
    annotations: { readOnlyHint: true },
    inputSchema: { properties: { a: { type: "number" }, limit }, required: ["a"] },
  };
  test("tools: signature, what it does to the world, the first line of what they do", async () => {
    expect(plain(tools([add, { name: "subtract" }], pipe))).toBe(
      "add(a: number, limit?: integer)  read-only  Adds.\nsubtract",
    );
  });
  test("what a tool does to the world, by what the specification says of hints left out", async () => {
    const words = async (annotations?: object) =>
      plain(tools([{ name: "t", ...(annotations ? { annotations } : {}) }], pipe)).slice("t  ".length);
    // Of a server that says nothing of any tool, neither is anything said here.
    expect(await words()).toBe("");
    expect(await words({ readOnlyHint: false })).toBe("destructive?");
    expect(await words({ readOnlyHint: "yes" })).toBe("destructive?");
    expect(await words({ destructiveHint: true })).toBe("destructive");
    expect(await words({ destructiveHint: false })).toBe("adds only");
    expect(await words({ readOnlyHint: true, destructiveHint: true })).toBe("read-only");
  });
  test("a pipe gets lines whole, a terminal none that are broader", async () => {
    const long = { ...add, description: `${"very ".repeat(60)}end` };
    expect(plain(tools([long], pipe)).split("\n")).toHaveLength(1);
    for (const columns of [20, 60, 100, 200]) {
      const lines = plain(
        tools([long, { name: "長い".repeat(30), description: "説明".repeat(80) }], terminalOf(columns)),
      ).split("\n");
      expect(Math.max(...lines.map((line) => textWidth(line)))).toBeLessThanOrEqual(columns);
      expect(lines.join(" ")).toContain("end");
    }
    const made = tools([long], terminalOf(60));
    expect(plain(made).split("\n").slice(0, 2)).toEqual([
      "add(a: number, limit?: integer)  read-only",
      `    ${"very ".repeat(11).trim()}`,
    ]);
  });
  test("resources and templates", async () => {
    const made = resources(
      [
        { uri: "a:b", mimeType: "text/plain", name: "n" },
        { uriTemplate: "a:{x}", title: "T" },
      ],
      pipe,
    );
    expect(plain(made)).toBe("a:b    text/plain  n\na:{x}              T");
  });
  test("prompts: optional arguments in brackets", async () => {
    const item = { name: "p", arguments: [{ name: "a", required: true }, { name: "b" }], description: "d" };
    expect(plain(prompts([item], pipe))).toBe("p  a [b]  d");
  });
  test("a server's names steer no terminal and forge no line, wherever they are written", async () => {
    expect(plain(tools([{ name: "a\u001b[2J", description: "x\u0007" }], pipe))).toContain(
      "a\\u001b[2J  x\\u0007",
    );
    const forged = "a\nhint: b\u202e";
    const argument = { type: forged, enum: undefined, description: forged, pattern: forged, format: forged };
    for (const shown of [
      tools([{ name: forged, description: "d" }], pipe),
      resources([{ uri: forged, mimeType: forged, name: "n" }], pipe),
      prompts([{ name: forged, arguments: [{ name: forged }] }], pipe),
      toolShown(
        { name: forged, title: forged, inputSchema: { properties: { [forged]: argument } } },
        pipe,
        undefined,
      ),
      content([
        { type: "image", mimeType: forged, data: "" },
        { type: "resource_link", uri: forged, name: forged },
        { type: "resource", resource: { uri: forged } },
      ]),
      messages([{ role: forged, content: { type: "text", text: "t" } }]),
    ]) {
      expect(shown).toContain("a\\u000ahint: b\\u202e");
      expect(shown).not.toContain("\nhint");
    }
  });
});

test("one tool with its arguments", async () => {
  const made = toolShown(
    {
      name: "add",
      title: "Adder",
      description: "Adds.",
      annotations: { readOnlyHint: true, destructiveHint: false },
      inputSchema: {
        properties: {
          a: { type: "number", description: "first" },
          kind: { enum: ["x", "y"], default: "x" },
          more: { type: "array", items: { type: "string" } },
          where: { properties: { at: { type: "integer", minimum: 1, maximum: 5 } } },
        },
        required: ["a"],
      },
      outputSchema: { type: "object", properties: { sum: { type: "number" } } },
    },
    pipe,
    ["m2mcp", "@svc", "tools-call", "add", "a=1"],
  );
  expect(plain(made)).toBe(
    [
      "add — Adder",
      "Adds.",
      "",
      "read-only: it changes nothing",
      "",
      "Arguments:",
      "  a         number, required  first",
      '  kind      "x"|"y"           default "x"',
      "  more      string[]",
      "  where     object",
      "  where.at  integer           1 to 5",
      "",
      "Gives:",
      "  sum  number, may be absent",
      "",
      "Example:",
      "  m2mcp @svc tools-call add a=1",
    ].join("\n"),
  );
});

test("an example that is too long goes on below, as a shell takes it", () => {
  const words = [
    "m2mcp",
    "@svc",
    "tools-call",
    "add",
    `a='${"long ".repeat(9)}'`,
    "b=2",
    `c=${"x".repeat(50)}`,
  ];
  expect(toolShown({ name: "add" }, terminalOf(40), words)).toEndWith(
    [
      "Example:",
      "  m2mcp @svc tools-call add \\",
      `    a='${"long ".repeat(9)}' b=2 \\`.replace(" b=2", " \\\n    b=2"),
      `    c=${"x".repeat(50)}`,
    ].join("\n"),
  );
  expect(toolShown({ name: "add" }, pipe, words)).toEndWith(`  ${words.join(" ")}`);
});

describe("content", () => {
  test("each kind", () => {
    expect(
      content([
        { type: "text", text: "hi" },
        { type: "image", mimeType: "image/png", data: "AAAA" },
        { type: "audio", data: "AAAA" },
        { type: "resource_link", uri: "a:b", name: "n" },
        { type: "resource", resource: { uri: "a:c", text: "inside" } },
        { type: "resource", resource: { uri: "a:d", blob: "AAA=" } },
        { type: "new", x: 1 },
      ]),
    ).toBe(
      'hi\n[image image/png, 3 bytes]\n[audio, 3 bytes]\n[link a:b n]\ninside\n[resource a:d, 2 bytes]\n{"type":"new","x":1}',
    );
  });
  test("a text in place of a block, and a block in place of a list, are not lost", () => {
    expect(toolResult({ content: "plain" })).toBe("plain");
    expect(toolResult({ content: { type: "text", text: "alone" } })).toBe("alone");
    expect(content(["a", { type: "text", text: "b" }, null, 5])).toBe("a\nb");
    expect(messages([{ role: "user", content: "words" }])).toBe("user:\nwords");
  });

  test("structured content where there is no other", () => {
    expect(toolResult({ content: [], structuredContent: { a: 1 } })).toBe('{\n  "a": 1\n}');
    expect(toolResult({ content: [{ type: "text", text: "t" }], structuredContent: { a: 1 } })).toBe("t");
  });
  test("a prompt's messages under their roles", () => {
    expect(
      messages([
        { role: "user", content: { type: "text", text: "q" } },
        { role: "assistant", content: {} },
      ]),
    ).toBe("user:\nq\n\nassistant:\n{}");
  });
});

test("times", () => {
  expect(moment(Date.UTC(2026, 0, 2, 3, 4, 5), Date.UTC(2026, 0, 2, 2, 4, 5))).toBe(
    "2026-01-02 03:04:05Z (in 60 min)",
  );
  expect(moment(0, 1)).toBe("1970-01-01 00:00:00Z (past)");
  expect([span(90_000), span(7_200_000), span(200_000_000)]).toEqual(["90 s", "2 h", "2 d"]);
});

test("a server's text of any length is shown in a time that grows with its length alone", async () => {
  const count = 400_000;
  const names = Array.from({ length: count / 10 }, (_, index) => `p${index}`);
  const properties = Object.fromEntries(names.map((name) => [name, {}]));
  const began = performance.now();
  content([{ type: "image", mimeType: "a/b", data: `${"=".repeat(count)}A` }]);
  toolShown({ name: "t", inputSchema: { properties, required: names } }, pipe, undefined);
  tools([{ name: "t", description: "x".repeat(count * 10), inputSchema: { properties } }], terminalOf(80));
  expect(suggest("e".repeat(count / 4), ["f".repeat(count)])).toBeUndefined();
  // The square of it takes above 10 s for each.
  expect(performance.now() - began).toBeLessThan(8000);
});

test("the nearest word, or none", () => {
  expect(suggest("tool-list", ["tools-list", "tools-get"])).toBe("tools-list");
  expect(suggest("zzz", ["tools-list", "ping"])).toBeUndefined();
});

describe("output", () => {
  const open = (mode: OutputMode, isTTY = false) => {
    const [out, err] = [sink(), sink()];
    const stdout = Object.assign(out.stream, { isTTY });
    return {
      output: createOutput(
        { stdout, stderr: err.stream },
        mode,
        createScreens({ stdout, stderr: {} }, {}, "auto"),
      ),
      out: out.text,
      err: err.text,
    };
  };
  test("for people", () => {
    const { output, out, err } = open({ json: false, verbose: false, results: true });
    output.print("result");
    output.data({ a: 1 });
    output.step("a step");
    output.warn("careful");
    output.note("note");
    output.failure(wrongUsage("no", "do"));
    expect(out()).toBe("result\n");
    expect(err()).toBe("warning: careful\nnote\nerror: no\nhint: do\n");
  });
  const people = { json: false, verbose: true, results: true };
  const steering = "a\u001b[31m\u009b\u202eb\u2066\rc\td\r\ne\nf";
  /** All but the end of a line. */
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const steers = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  const visible = "a\\u001b[31m\\u009b\\u202eb\\u2066\\u000dc\td\ne\nf";
  test("control characters are shown at a terminal, of text and of bytes", () => {
    const { output, out } = open(people, true);
    output.print(steering);
    output.raw(steering);
    output.raw(Buffer.from(steering));
    expect(out()).toBe(`${visible}\n${visible}${visible}`);
  });
  test("text goes into a pipe as it is", () => {
    const { output, out } = open(people);
    output.print(steering);
    output.raw(Buffer.from(steering));
    expect(out()).toBe(`${steering}\n${steering}`);
  });
  test("in JSON they are escaped, and the value is the same", () => {
    const { output, out } = open({ ...people, json: true }, true);
    output.data({ [steering]: steering });
    expect(out()).not.toMatch(steers);
    expect(JSON.parse(out())).toEqual({ [steering]: steering });
  });
  test("an error, a hint and each line of a log are one line, without control characters", () => {
    const { output, err } = open(people);
    output.note(`n\nhint: ${steering}`);
    output.warn(`w\nhint: ${steering}`);
    output.step(`s\r\nhint: ${steering}`);
    output.failure(new M2mcpError("x", 2, `m\nerror: ${steering}`, `h\nhint: ${steering}`, true));
    const lines = err().split("\n");
    expect(lines.length).toBe(6);
    expect(lines.map((line) => line.slice(0, 10))).toEqual([
      "n hint: a\\",
      "warning: w",
      "· s hint: ",
      "error: m e",
      "hint: h hi",
      "",
    ]);
    expect(err()).not.toMatch(steers);
  });
  test("a line of a log is cut before anything looks at it", () => {
    const { output, err } = open(people);
    const startedMs = performance.now();
    output.step("http://".repeat(2_000_000));
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(err().length).toBeLessThan(2100);
  });
  test("for programs", () => {
    const { output, out, err } = open({ json: true, verbose: true, results: true });
    output.print("result");
    output.step("a step");
    output.failure(wrongUsage("no", "do"));
    expect(JSON.parse(out())).toEqual({
      error: { code: -31001, name: "usage", message: "no", hint: "do", exitCode: 1 },
    });
    expect(err()).toBe("· a step\nerror: no\nhint: do\n");
  });
  test("a server's own error for programs: its code, message and data", () => {
    const { output, out, err } = open({ json: true, verbose: false, results: true });
    output.failure(serverError({ code: -32602, message: "no", data: { a: 1 } }));
    expect(JSON.parse(out())).toEqual({
      error: { code: -32602, name: "server_error", message: "no", data: { a: 1 }, exitCode: 2 },
    });
    expect(err()).toBe("error: the server answered with error -32602: no\n");
  });
  test("a failure after its result is no second object", () => {
    const { output, out, err } = open({ json: true, verbose: false, results: true });
    output.data({ isError: true });
    output.failure(wrongUsage("no"), true);
    expect(JSON.parse(out())).toEqual({ isError: true });
    expect(err()).toBe("error: no\n");
  });
  test("quiet: nothing but the failure", () => {
    const { output, out, err } = open({ ...people, verbose: false, quiet: true });
    output.note("n");
    output.warn("w");
    output.hint("h");
    output.print("result");
    output.failure(wrongUsage("no", "do"));
    expect([out(), err()]).toEqual(["result\n", "error: no\nhint: do\n"]);
  });
  test("nothing of ours on stdout when it belongs to the bridge", () => {
    const { output, out, err } = open({ json: true, verbose: false, results: false });
    output.print("x");
    output.data(1);
    output.raw("y");
    output.failure(wrongUsage("no"));
    expect([out(), err()]).toEqual(["", "error: no\n"]);
  });
});

describe("a hidden prompt", () => {
  const type = async (keys: string) => {
    const input = new PassThrough();
    const shown = sink();
    const answer = promptLine("secret: ", { hidden: true }, input, shown.stream);
    input.write(keys);
    return { answer: await answer, shown: shown.text() };
  };
  test("takes a line and shows none of it", async () => {
    expect(await type("ab\u007fc\r")).toEqual({ answer: { kind: "line", text: "ac" }, shown: "secret: \n" });
  });
  test("Ctrl-C breaks it off", async () =>
    expect((await type("ab\u0003")).answer).toEqual({ kind: "interrupted" }));
});
