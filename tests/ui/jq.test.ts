import { describe, expect, test } from "bun:test";
import { M2mcpError } from "../../lib/failure.ts";
import { jqFilter } from "../../lib/ui/jq.ts";
import { createOutput } from "../../lib/ui/output.ts";
import { createScreens } from "../../lib/ui/screen/screen.ts";
import { sink } from "../support/run-verb.ts";

const made = async (expression: string, json: string) => (await jqFilter(expression))(json).text;

describe("--jq", () => {
  test("gives each value on a line, strings as they are", async () => {
    expect(await made(".a[]", '{"a": ["x y", 1, {"b": [null]}]}')).toBe('x y\n1\n{"b":[null]}\n');
    expect(await made("empty", "{}")).toBe("");
    expect(await made(". # all", "{}")).toBe("{}\n");
    expect(await made("def f: .a; f", '{"a":"é日本"}')).toBe("é日本\n");
  });
  test("keeps numbers beyond a double", async () => {
    expect(await made(".a", '{"a":12345678901234567890}')).toBe("12345678901234567890\n");
  });
  test("sees neither files nor variables of this machine", async () => {
    process.env.JQ_SECRET = "s3cr3t";
    expect(await made("env.JQ_SECRET, $ENV.JQ_SECRET", "{}")).toBe("null\nnull\n");
    await expect(jqFilter('import "/etc/passwd" as a; .')).rejects.toThrow("module not found");
    await expect(jqFilter('include "a"; .')).rejects.toThrow(M2mcpError);
  });
  test("is refused before anything is asked where it is none", async () => {
    await expect(jqFilter(".a[")).rejects.toThrow("--jq: syntax error, unexpected end of file");
    await expect(jqFilter("nosuch(1)")).rejects.toThrow("nosuch/1 is not defined");
  });
  test("that fails is a failure, after what it gave before", async () => {
    const { text, failure } = (await jqFilter(".a, .a.b"))('{"a":1}');
    expect([text, failure?.exitCode, failure?.message]).toEqual([
      "1\n",
      1,
      '--jq: Cannot index number with string ("b")',
    ]);
  });
});

test("output: what jq makes in place of the object; of an error nothing; at a terminal nothing steers", async () => {
  const [out, err] = [sink(), sink()];
  const screens = createScreens({ stdout: { isTTY: true }, stderr: {} }, {}, "auto");
  const filter = await jqFilter(".a");
  const mode = { json: true, verbose: false, results: true, filter };
  const output = createOutput({ stdout: out.stream, stderr: err.stream }, mode, screens);
  output.data({ a: "x\u001b[2J" });
  output.failure(new M2mcpError("x", 2, "no"));
  expect([out.text(), err.text()]).toEqual(["x\\u001b[2J\n", "error: no\n"]);
  expect(() => createOutput({ stdout: out.stream, stderr: err.stream }, mode, screens).data([])).toThrow(
    "--jq: ",
  );
});
