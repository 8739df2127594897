// What `run` reads may come from PowerShell's > or Out-File: UTF-16, in chunks of any size.
import { expect, test } from "bun:test";
import { utf8Input } from "../../lib/verbs/run/utf8-input.ts";

const TEXT = '{"tool":"echo","arguments":{"text":"grüße 👍"}}\r\n{"tool":"add"}\r\n';
const utf16 = (text: string, mark: boolean) => Buffer.from((mark ? "\ufeff" : "") + text, "utf16le");

async function read(bytes: Uint8Array, size: number): Promise<string> {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  const parts: Uint8Array[] = [];
  for await (const part of utf8Input({ [Symbol.asyncIterator]: chunks, destroy() {} })) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

test.each([
  ["UTF-8", Buffer.from(TEXT)],
  ["UTF-16 with a mark", utf16(TEXT, true)],
  ["UTF-16 without one", utf16(TEXT, false)],
  ["big-endian UTF-16", utf16(TEXT, true).swap16()],
])("%s is read at each split", async (_, bytes) => {
  for (const size of [1, 2, 3, 4, 5, 7, 64, 4096]) expect(await read(bytes, size)).toBe(TEXT);
});

test("what is shorter than a mark's proof goes on as it is", async () => {
  for (const text of ["", "{", "{}", "{}\n"]) expect(await read(Buffer.from(text), 1)).toBe(text);
});
