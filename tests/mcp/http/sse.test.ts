import { describe, expect, test } from "bun:test";
import { readMessages } from "../../../lib/mcp/http/read-messages.ts";
import { readEvents, type StreamCursor, type StreamEvent } from "../../../lib/mcp/http/sse.ts";

const LIMIT = 10_000;

/** Reads these pieces; tells the events, the cursor, and what is left. */
async function read(pieces: Iterable<string | Uint8Array>, limit = LIMIT) {
  const events: StreamEvent[] = [];
  const cursor: StreamCursor = {};
  let sent = 0;
  const rest = await readEvents(
    {
      async read(take) {
        for (const piece of pieces) {
          sent++;
          await take(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
        }
      },
    },
    cursor,
    limit,
    () => new Error(`too long after ${sent}`),
    async (event) => void events.push(event),
  );
  return { events, cursor, rest };
}

const forms = {
  LF: "id: 1\nevent: message\ndata: a\ndata: é\n\n: hi\n\nid: 2\nretry: 70\ndata: b\n\n",
  CRLF: "id: 1\r\nevent: message\r\ndata: a\r\ndata: é\r\n\r\n: hi\r\n\r\nid: 2\r\nretry: 70\r\ndata: b\r\n\r\n",
  CR: "id: 1\revent: message\rdata: a\rdata: é\r\r: hi\r\rid: 2\rretry: 70\rdata: b\r\r",
};

describe("events", () => {
  for (const [name, text] of Object.entries(forms))
    test(`with ${name} are the same however the stream is cut`, async () => {
      const bytes = new TextEncoder().encode(text);
      for (let one = 0; one <= bytes.length; one++)
        for (let two = one; two <= bytes.length; two += 5) {
          const { events, cursor, rest } = await read([
            bytes.subarray(0, one),
            bytes.subarray(one, two),
            bytes.subarray(two),
          ]);
          expect(events).toEqual([{ event: "message", data: "a\né" }, { data: "b" }]);
          expect(cursor).toEqual({ lastEventId: "2", retryMs: 70 });
          expect(rest).toBeUndefined();
        }
    });

  test("have their retry cut at an hour", async () => {
    expect((await read(["retry: 3000000000\ndata: a\n\n"])).cursor.retryMs).toBe(3_600_000);
  });

  test("that do not end are given apart, without the place to resume from", async () => {
    for (const end of ["", "\n", "\r\n", "\r"]) {
      const { events, cursor, rest } = await read([`id: 1\ndata: a\n\nid: 2\ndata: b${end}`]);
      expect(events).toEqual([{ data: "a" }]);
      expect(rest).toEqual({ data: "b" });
      expect(cursor).toEqual({ lastEventId: "1" });
    }
    expect((await read(["data: a\n\n: bye\n"])).rest).toBeUndefined();
  });
});

describe("the limit on an event", () => {
  const endless = function* (piece: string, times: number) {
    for (let n = 0; n < times; n++) yield piece;
  };
  test("counts the whole of it, each line with what it takes", async () => {
    for (const piece of ["data: x\n", "data\n", "data:\r\n", "x".repeat(100), "id: 1\n", "data: y\r"])
      await expect(read(endless(piece, 10_000))).rejects.toThrow("too long");
    await expect(read(["data: ", ...endless("x".repeat(100), 99), "\n\n"])).resolves.toBeDefined();
    await expect(read(["data: ", ...endless("x".repeat(100), 101), "\n\n"])).rejects.toThrow("too long");
  });
  test("counts nothing of what is past, for as long as a stream lasts", async () => {
    for (const piece of [
      ": ping\n\n",
      "event: ping\n\n",
      "retry: 5\r\n\r\n",
      "\n",
      "\r\n",
      `data: ${"x".repeat(900)}\n\n`,
      `data: ${"x".repeat(900)}\n\n: half a comm`,
    ])
      await expect(read(endless(piece, 3000))).resolves.toBeDefined();
  });
});

describe("an answer whose event does not end", () => {
  const answer = { jsonrpc: "2.0", id: 7, result: { content: [] } };
  const reading = async (body: string, expected: string | undefined) => {
    const taken: unknown[] = [];
    const response = new Response(body, { headers: { "content-type": "text/event-stream" } });
    await readMessages(
      {
        status: 200,
        headers: response.headers,
        read: async (take) => void (await take(new TextEncoder().encode(body))),
        text: async () => body,
        discard: async () => {},
      },
      {
        url: "http://h/",
        cursor: {},
        log() {},
        take: async (message) => void taken.push(message),
        ...(expected === undefined ? {} : { expected }),
      },
    );
    return taken;
  };
  const line = `event: message\ndata: ${JSON.stringify(answer)}`;
  test("is taken where it is whole and the one waited for", async () => {
    for (const end of ["", "\n", "\r\n"])
      expect(await reading(line + end, "7")).toMatchObject([{ kind: "response", id: "7" }]);
  });
  test("is dropped where it is anything else", async () => {
    expect(await reading(line, "8")).toEqual([]);
    expect(await reading(line, undefined)).toEqual([]);
    expect(await reading(line.slice(0, -3), "7")).toEqual([]);
    expect(await reading(line.replace("message", "ping"), "7")).toEqual([]);
    expect(await reading('data: {"jsonrpc":"2.0","method":"notifications/x"}', "7")).toEqual([]);
  });
});
