import { expect, test } from "bun:test";
import { createSink } from "../../../lib/platform/streams/sink.ts";

const terminal = { isTTY: false, columns: undefined };

test("no piece ends within a letter: a console of Windows shows each by itself", async () => {
  for (const letter of ["ü", "€", "👍", "a"])
    for (let before = 0; before < 5; before++) {
      const pieces: Uint8Array[] = [];
      const sink = createSink(
        async (piece) => pieces.push(piece),
        () => false,
        terminal,
      );
      const text = "x".repeat(before) + letter.repeat(4000);
      sink.write(text);
      await sink.behind;
      const strict = new TextDecoder("utf-8", { fatal: true });
      expect(pieces.map((piece) => strict.decode(piece)).join("")).toBe(text);
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(4096);
    }
});

test("what waits for who does not read has a bound: of what is lost there is the number, in its place", async () => {
  const taken: string[] = [];
  const takes: (() => void)[] = [];
  let reads = false;
  const sink = createSink(
    (piece) => {
      taken.push(new TextDecoder().decode(piece));
      return reads ? Promise.resolve() : new Promise<void>((resolve) => takes.push(resolve));
    },
    () => false,
    terminal,
    6000,
  );
  const line = (n: number) => `${n} ${"x".repeat(97)}\n`;
  for (let n = 0; n < 100; n++) sink.write(line(n));
  sink.write("two\nlines\n");
  sink.write("half a line");
  reads = true;
  takes[0]?.();
  await sink.behind;
  // The chain grew meanwhile, by the warning.
  await sink.behind;
  sink.write("after\n");
  await sink.behind;
  const kept = taken.findIndex((text) => text.startsWith("warning"));
  expect(taken.slice(0, kept).join("")).toBe(Array.from({ length: kept }, (_, n) => line(n)).join(""));
  expect(kept).toBeGreaterThan(9);
  expect(kept).toBeLessThan(15);
  expect(taken.slice(kept)).toEqual([
    `warning: ${100 - kept + 3} lines are lost here, since nobody read them\n`,
    "after\n",
  ]);
});

test("bytes that are no text are cut all the same", async () => {
  const pieces: Uint8Array[] = [];
  const sink = createSink(
    async (piece) => pieces.push(piece),
    () => false,
    terminal,
  );
  const bytes = new Uint8Array(10_000).fill(0x80);
  sink.write(bytes);
  await sink.behind;
  expect(pieces.map(({ length }) => length)).toEqual([1024, 1024, 1024, 1024, 4096, 1808]);
  // What comes next is beyond the start of any file.
  sink.write(bytes);
  await sink.behind;
  expect(pieces.slice(6).map(({ length }) => length)).toEqual([4096, 4096, 1808]);
});
