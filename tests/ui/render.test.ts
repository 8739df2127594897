import { describe, expect, test } from "bun:test";
import { PassThrough, Writable } from "node:stream";
import { suggest } from "../../lib/command-line/suggest.ts";
import { wrongUsage } from "../../lib/failure.ts";
import { createOutput } from "../../lib/ui/output.ts";
import { promptHidden } from "../../lib/ui/prompt.ts";
import { content, messages, named, prompts, resources, tool, toolResult } from "../../lib/ui/render.ts";
import { table } from "../../lib/ui/table.ts";
import { firstLine, stripControls } from "../../lib/ui/text.ts";
import { moment, span } from "../../lib/ui/time.ts";
import { wrapLines } from "../../lib/ui/wrap.ts";

function sink() {
  let text = "";
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return { stream, text: () => text };
}

describe("lists", () => {
  test("columns are aligned, lines end where their text does", () => {
    expect(
      table([
        ["a", "b", "c"],
        ["long", "", "d"],
        ["x", "", ""],
      ]),
    ).toBe("a     b  c\nlong     d\nx");
  });
  test("letters that take two columns count two", () => {
    expect(
      table([
        ["日本", "a"],
        ["é…", "b"],
      ]),
    ).toBe("日本  a\né…    b");
  });
  test("tools: name and the first line of what they do", () => {
    expect(named([{ name: "add", description: "Adds.\nMore" }, { name: "subtract" }])).toBe(
      "add       Adds.\nsubtract",
    );
  });
  test("resources and templates", () => {
    expect(
      resources([
        { uri: "a:b", mimeType: "text/plain", name: "n" },
        { uriTemplate: "a:{x}", title: "T" },
      ]),
    ).toBe("a:b    text/plain  n\na:{x}              T");
  });
  test("prompts: optional arguments in brackets", () => {
    expect(
      prompts([{ name: "p", arguments: [{ name: "a", required: true }, { name: "b" }], description: "d" }]),
    ).toBe("p  a [b]  d");
  });
  test("a server's words do not steer the terminal", () => {
    expect(named([{ name: "a\u001b[2J", description: "x\u0007" }])).toBe("a[2J  x");
    expect(stripControls("a\tb\nc\r\u009b")).toBe("a\tb\nc");
  });
  test("long lines are cut", () => expect(firstLine("x".repeat(200), 10)).toBe(`${"x".repeat(9)}…`));
});

describe("lines fitted to a terminal", () => {
  test("go on below where their last column begins", () => {
    expect(wrapLines("  --scope SCOPE  scopes to ask for, separated by spaces", 45)).toBe(
      "  --scope SCOPE  scopes to ask for, separated\n                 by spaces",
    );
  });
  test("go on at their indent where the last column would be narrow", () => {
    expect(wrapLines(`  ${"x".repeat(30)}  what it is`, 40)).toBe(`  ${"x".repeat(30)}\n    what it is`);
  });
  test("are left alone where they fit", () => expect(wrapLines("a  b\n\nc", 10)).toBe("a  b\n\nc"));
});

test("one tool with its arguments", () => {
  expect(
    tool({
      name: "add",
      title: "Adder",
      description: "Adds.",
      annotations: { readOnlyHint: true, destructiveHint: false },
      inputSchema: {
        properties: {
          a: { type: "number", description: "first" },
          kind: { enum: ["x", "y"] },
          more: { type: "array", items: { type: "string" } },
        },
        required: ["a"],
      },
    }),
  ).toBe(
    [
      "add — Adder",
      "Adds.",
      "",
      "Arguments:",
      "  a     number, required  first",
      '  kind  "x"|"y"',
      "  more  array of string",
      "",
      "The server calls it readOnly",
    ].join("\n"),
  );
});

describe("content", () => {
  test("each kind", () => {
    expect(
      content([
        { type: "text", text: "hi" },
        { type: "image", mimeType: "image/png", data: "AAAA" },
        { type: "resource_link", uri: "a:b", name: "n" },
        { type: "resource", resource: { uri: "a:c", text: "inside" } },
        { type: "resource", resource: { uri: "a:d", blob: "AAA=" } },
        { type: "new", x: 1 },
      ]),
    ).toBe(
      'hi\n[image image/png, 3 bytes]\n[link a:b n]\ninside\n[resource a:d, 2 bytes]\n{"type":"new","x":1}',
    );
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

test("the nearest word, or none", () => {
  expect(suggest("tool-list", ["tools-list", "tools-get"])).toBe("tools-list");
  expect(suggest("zzz", ["tools-list", "ping"])).toBeUndefined();
});

describe("output", () => {
  const open = (mode: { json: boolean; verbose: boolean; results: boolean }) => {
    const [out, err] = [sink(), sink()];
    return {
      output: createOutput({ stdout: out.stream, stderr: err.stream }, mode),
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
  test("for programs", () => {
    const { output, out, err } = open({ json: true, verbose: true, results: true });
    output.print("result");
    output.step("a step");
    output.failure(wrongUsage("no", "do"));
    expect(JSON.parse(out())).toEqual({ error: { code: "usage", message: "no", hint: "do", exitCode: 1 } });
    expect(err()).toBe("· a step\n");
  });
  test("a failure after its result is said by the exit code alone", () => {
    const { output, out } = open({ json: true, verbose: false, results: true });
    output.data({ isError: true });
    output.failure(wrongUsage("no"), true);
    expect(JSON.parse(out())).toEqual({ isError: true });
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
    const answer = promptHidden("secret: ", input, shown.stream);
    input.write(keys);
    return { answer: await answer, shown: shown.text() };
  };
  test("takes a line and shows none of it", async () => {
    expect(await type("ab\u007fc\r")).toEqual({ answer: "ac", shown: "secret: \n" });
  });
  test("Ctrl-C breaks it off", async () => expect((await type("ab\u0003")).answer).toBeNull());
});
