import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAnswers, suiting } from "../../lib/verbs/caller/answers.ts";

const folder = mkdtempSync(join(tmpdir(), "m2mcp-answers-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function answers(text: string | Uint8Array) {
  writeFileSync(join(folder, "answers.json"), text);
  return (await readAnswers({ cwd: folder }, "answers.json")).next() ?? {};
}
const schema = { properties: { n: { type: "integer", minimum: 5 }, name: { type: "string" } } };

test("a number that a double cannot hold is sent as it stands in the file", async () => {
  const { content, lacks } = await suiting(
    schema,
    await answers('{"n": 12345678901234567890, "name": "Ada"}'),
  );
  expect(lacks).toEqual([]);
  expect(JSON.stringify(content)).toBe('{"n":12345678901234567890,"name":"Ada"}');
});

test("such a number has to suit the field like any other", async () => {
  const { content, lacks } = await suiting(schema, await answers('{"n": -12345678901234567890}'));
  expect({ content, lacks }).toEqual({ content: {}, lacks: ["n: it takes at least 5"] });
});

test("what may be null is left out, or null; a default that does not suit is none", async () => {
  const nullable = { anyOf: [{ type: "string", pattern: "^a" }, { type: "null" }], default: null };
  const properties = { nick: nullable, size: { type: "integer", default: "big" }, name: { type: "string" } };
  const of = async (text: string) => suiting({ properties, required: ["name"] }, await answers(text));
  expect(await of('{"name": "x"}')).toEqual({ content: { name: "x" }, lacks: [] });
  expect(await of('{"name": "x", "nick": null}')).toEqual({ content: { name: "x", nick: null }, lacks: [] });
  expect((await of('{"name": "x", "nick": "b"}')).lacks).toEqual(["nick: it takes what matches ^a"]);
});

test("a file that is no text is refused", async () => {
  await expect(answers(Buffer.from('{"name":"Zo\u00eb"}', "latin1"))).rejects.toThrow(
    "answers.json holds no text",
  );
});

test("where a file is no JSON is told, and none of it is quoted", async () => {
  await expect(answers('{"name":\n planted}')).rejects.toThrow(
    "answers.json is not valid JSON at line 2, character 2",
  );
});
