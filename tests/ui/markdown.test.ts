import { describe, expect, test } from "bun:test";
import { textWidth } from "../../lib/platform/text-width.ts";
import { looksLikeMarkdown } from "../../lib/ui/markdown/looks-like.ts";
import { markdownShown } from "../../lib/ui/markdown/markdown.ts";
import { createScreens } from "../../lib/ui/screen/screen.ts";

const screenOf = (columns: number, env: Record<string, string> = {}) =>
  createScreens({ stdout: { isTTY: true, columns }, stderr: {} }, env, "auto").out;
const render = async (text: string, columns = 40) =>
  (await markdownShown(
    { type: "resource", resource: { mimeType: "text/markdown", text } },
    screenOf(columns),
  )) ?? "";
/** Without our marks. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const bare = (text: string) => text.replace(/\u001b\[[\d;]*m/g, "");

describe("Markdown at a terminal", () => {
  test("is read as it is meant", async () => {
    const shown = await render(
      [
        "# A *title*",
        "",
        "Some **bold** and `code` and [here](https://a.example/x).",
        "",
        "- one",
        "  - within",
        "- [x] two",
        "",
        "3. three",
        "4. four",
        "",
        "> said",
        "",
        "| a | bb |",
        "|---|----|",
        "| 1 | **2** |",
        "",
        "```js",
        "let a  = 1;",
        "```",
        "---",
      ].join("\n"),
      60,
    );
    expect(bare(shown)).toBe(
      [
        "A title",
        "",
        "Some bold and code and here (https://a.example/x).",
        "",
        "• one",
        "  • within",
        "• [x] two",
        "",
        "3. three",
        "4. four",
        "",
        "│ said",
        "",
        "a  bb",
        "─  ──",
        "1  2",
        "",
        "    let a  = 1;",
        "",
        "─".repeat(40),
      ].join("\n"),
    );
    expect(shown).toContain("\u001b[1mA title\u001b[22m");
    expect(shown).toContain("\u001b[1mbold\u001b[22m");
    expect(shown).toContain("\u001b[35mcode\u001b[39m");
  });
  test("fits its columns", async () => {
    const text = `${"long words ".repeat(30)}\n\n- ${"an item ".repeat(20)}\n  - ${"要約 ".repeat(40)}\n\n> ${"said ".repeat(30)}`;
    for (const columns of [25, 60])
      for (const line of (await render(text, columns)).split("\n"))
        expect(textWidth(line)).toBeLessThanOrEqual(columns);
  });
  test("steers nothing: what the server writes is shown before it is read", async () => {
    const shown = await render(
      "**a\u001b[2J** `\u009b31m` [x](\u001b]0;owned\u0007) &#27;[2J \u202e\n\n<b>\u0007</b>",
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(bare(shown)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(bare(shown)).toContain("\\u001b[2J");
  });
  test("an address is seen whole, whatever it is called", async () => {
    expect(bare(await render("[https://good.example](https://bad.example)", 80))).toBe(
      "https://good.example (https://bad.example)",
    );
  });
  test("is left as it is written without colour, and in a pipe", async () => {
    const block = { type: "text", text: "# A\n\n**b**\n" };
    expect(await markdownShown(block, screenOf(80, { NO_COLOR: "1" }))).toBeUndefined();
    const pipe = createScreens({ stdout: {}, stderr: {} }, { FORCE_COLOR: "1" }, "auto").out;
    expect(await markdownShown(block, pipe)).toBeUndefined();
  });
  test("of any length costs little", async () => {
    const began = performance.now();
    for (const text of [
      "*a_".repeat(30_000),
      "*a_".repeat(600),
      "[".repeat(90_000),
      "> ".repeat(3000),
      "- ".repeat(40_000),
      "|a".repeat(20_000),
      "**a** ".repeat(500_000),
    ])
      await markdownShown({ type: "resource", resource: { mimeType: "text/markdown", text } }, screenOf(80));
    expect(performance.now() - began).toBeLessThan(5000);
  });
});

describe("what looks like Markdown", () => {
  for (const text of [
    "# Title\n\nSome `code`\n",
    "Some **bold** words",
    "see [here](https://a.example)",
    "| a | b |\n|---|---|\n",
    "```\ncode\n```",
  ])
    test(JSON.stringify(text), () => expect(looksLikeMarkdown(text)).toBe(true));
  for (const text of [
    "plain words",
    "a: 1\n# a comment\nb:\n  - x\n  - y\n",
    "- removed\n+ added\n- removed",
    "> quoted mail\n> more",
    '{"a": ["**", 1]}',
    "2 * 3 * 4 ** 5",
    "total 4\n-rw-r--r-- 1 me me 12 a_b_c",
    "$ `ls`",
    "def f(*args, **kwargs): return a[0](b)",
  ])
    test(`not ${JSON.stringify(text)}`, () => expect(looksLikeMarkdown(text)).toBe(false));
});
