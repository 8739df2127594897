import { afterAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fill } from "../../../lib/verbs/arguments/fill.ts";
import { readGiven } from "../../../lib/verbs/arguments/given.ts";
import { createVerbHome } from "../../support/run-verb.ts";

const home = createVerbHome();
afterAll(() => home.remove());
const read = async (words: string[], stdin?: string | Uint8Array) =>
  (await fill(await readGiven(home.command(["ping", "@svc"], stdin), words), undefined)).value;

describe("what is given as arguments:", () => {
  test("= is text, := is JSON", async () => {
    expect(await read(["a=007", "b:=7", 'c:={"d":[1]}', "e=x=y", "f=", "g:=null", "h=@"])).toEqual({
      a: "007",
      b: 7,
      c: { d: [1] },
      e: "x=y",
      f: "",
      g: null,
      h: "@",
    });
  });

  test("digits that a double cannot hold stay", async () => {
    const value = await read(["a:=12345678901234567890", '{"b":0.1234567890123456789}']);
    expect(JSON.stringify(value)).toBe('{"b":0.1234567890123456789,"a":12345678901234567890}');
  });

  test("JSON objects and stdin, with pairs that count more", async () => {
    expect(await read(['{"a":1,"b":1}', "b=2"])).toEqual({ a: 1, b: "2" });
    expect(await read(["b=2", "-"], '{"a":1,"b":1}')).toEqual({ a: 1, b: "2" });
  });

  test("files and stdin as values", async () => {
    writeFileSync(join(home.folder, "text"), "two\nlines\n");
    writeFileSync(join(home.folder, "json"), "[1]");
    expect(await read(["a=@text", "b:=@json", "c=@-"], "in")).toEqual({ a: "two\nlines\n", b: [1], c: "in" });
  });

  const wrong: [string, string[], RegExp][] = [
    ["no pair", ["a=1", "loose"], /argument 2 is no key=value/],
    ["no name", ["=x"], /argument 1 is no key=value/],
    ["no name before :=", [":=1"], /argument 1 is no key=value/],
    ["broken JSON", ["a:={"], /the value of a:= is not valid JSON at character 2/],
    ["a broken object", ['{"text":a}'], /argument 1 is not valid JSON at character 9/],
    [
      "a broken object of lines",
      ['{\n  "text" 1\n}'],
      /argument 1 is not valid JSON at line 2, character 10/,
    ],
    ["a list", ["[1]"], /argument 1 is no JSON object/],
    ["nested for ever", [`a:=${"[".repeat(2000)}${"]".repeat(2000)}`], /nested deeper/],
    ["no file", ["a=@nothing"], /cannot read nothing, the file of a=@/],
    ["a folder", ["a=@/"], /cannot read \/, the file of a=@: it is a folder/],
    ["stdin twice", ["-", "a=@-"], /stdin is asked for twice/],
    ["a list on stdin", ["-"], /no JSON object/],
  ];
  test.each(wrong)("%s is named", async (_, words, error) => {
    await expect(read(words, "[1]")).rejects.toThrow(error);
  });

  test("a file that is no text is refused", async () => {
    writeFileSync(join(home.folder, "binary"), new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff]));
    await expect(read(["a=@binary"])).rejects.toThrow("it holds no text");
  });

  test("so is stdin, whole or for one value; what is UTF-8 may hold U+FFFD", async () => {
    const latin1 = Buffer.from('{"a":"caf\u00e9"}', "latin1");
    await expect(read(["-"], latin1)).rejects.toThrow("stdin holds no text");
    await expect(read(["a=@-"], latin1)).rejects.toThrow("stdin holds no text");
    expect(await read(["a=@-"], "caf\ufffd")).toEqual({ a: "caf\ufffd" });
    expect(await read(["a=@-"], Buffer.from("\ufeffcaf\u00e9\ufffd", "utf16le"))).toEqual({
      a: "café\ufffd",
    });
  });

  test("a key is never a prototype", async () => {
    const value = await read(["__proto__=x"]);
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});
