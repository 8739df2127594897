import { describe, expect, test } from "bun:test";
import { PassThrough, Readable, Writable } from "node:stream";
import { readLines } from "../../lib/hosts/line-stream.ts";
import { createLineWriter } from "../../lib/hosts/line-writer.ts";
import { streamOutput } from "../../lib/platform/streams/stream-output.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the line writer", () => {
  test("writes the first line of a turn at once and the others of it together, in order", async () => {
    const chunks: string[] = [];
    const output = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    const writer = createLineWriter(streamOutput(output));
    for (const line of ["a", "b", "c"]) void writer.write(line);
    expect(chunks).toEqual(["a\n"]);
    await turn();
    await turn();
    expect(chunks).toEqual(["a\n", "b\nc\n"]);
    void writer.write("d");
    void writer.write(new TextEncoder().encode("e"));
    void writer.write("f");
    await writer.flushed();
    expect(chunks.join("")).toBe("a\nb\nc\nd\ne\nf\n");
  });

  test("after a turn that brought several lines waits for the end of the next one, until a line comes alone", async () => {
    const chunks: string[] = [];
    const gone = new AbortController().signal;
    const write = (chunk: Uint8Array | string) => void chunks.push(String(chunk));
    const writer = createLineWriter({ write, flushed: async () => {}, gone, destroy() {} });
    for (const line of ["a", "b"]) void writer.write(line);
    await turn();
    for (const line of ["c", "d"]) void writer.write(line);
    expect(chunks).toEqual(["a\n", "b\n"]);
    await turn();
    void writer.write("e");
    expect(chunks).toEqual(["a\n", "b\n", "c\nd\n"]);
    await turn();
    void writer.write("f");
    expect(chunks.slice(3)).toEqual(["e\n", "f\n"]);
  });

  test("gives a huge line to the stream in pieces, as the reader takes them, and others behind it", async () => {
    const chunks: Buffer[] = [];
    let free = () => {};
    const output = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        chunks.push(chunk);
        free = done;
      },
    });
    const writer = createLineWriter(streamOutput(output));
    void writer.write("first");
    let done = false;
    const huge = writer.write(Buffer.alloc(20 * 1024 * 1024, "x")).then(() => {
      done = true;
    });
    const last = [writer.write("second"), writer.write(Buffer.alloc(1000, "y")), writer.write("third")];
    await turn();
    expect(writer.backpressure()).toBeDefined();
    expect(chunks.length).toBe(1);
    for (let step = 0; step < 400; step++) {
      free();
      await turn();
      if (!done) expect(chunks.every(({ length }) => length <= 1024 * 1024)).toBe(true);
    }
    await huge;
    await Promise.all(last);
    await writer.flushed();
    const lines = String(Buffer.concat(chunks)).split("\n");
    expect(lines.map((line) => `${line.slice(0, 6)} ${line.length}`)).toEqual([
      "first 5",
      `xxxxxx ${20 * 1024 * 1024}`,
      "second 6",
      "yyyyyy 1000",
      "third 5",
      " 0",
    ]);
    expect(writer.backpressure()).toBeUndefined();
  });

  test("holds the writer up while the reader is slow, and lets go when the reader is gone", async () => {
    const output = new PassThrough({ highWaterMark: 10 });
    const writer = createLineWriter(streamOutput(output));
    let more = false;
    void writer.write("0123456789").then(() => {
      more = true;
    });
    await turn();
    expect(more).toBe(false);
    output.resume();
    await turn();
    await turn();
    expect(more).toBe(true);
    output.pause();
    const held = writer.write("0123456789");
    output.destroy();
    await held;
    await writer.flushed();
    expect(writer.closed.aborted).toBe(true);
  });
});

test("reading ends with the signal, after the last whole line", async () => {
  const input = new PassThrough();
  const stop = new AbortController();
  const lines: unknown[] = [];
  const done = (async () => {
    for await (const line of readLines(input, stop.signal)) lines.push(line);
  })();
  input.write("one\ntw");
  await turn();
  await turn();
  stop.abort();
  await done;
  expect(lines).toEqual([{ text: "one" }, { text: "tw" }]);
});

test("an input that has always more, as a device, leaves time for all else", async () => {
  let given = 0;
  const endless = new Readable({
    read() {
      given++;
      this.push(Buffer.alloc(1024));
    },
  });
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const began = performance.now();
  for await (const _line of readLines(endless, stop.signal)) if (performance.now() - began > 3000) break;
  expect(given).toBeGreaterThan(0);
  expect(performance.now() - began).toBeLessThan(2000);
});
