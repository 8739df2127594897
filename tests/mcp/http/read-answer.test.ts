import { describe, expect, test } from "bun:test";
import type { Drains } from "../../../lib/mcp/http/drain.ts";
import { type Reading, readAnswer } from "../../../lib/mcp/http/read-answer.ts";
import { type ResponseMessage, request } from "../../../lib/mcp/jsonrpc/message.ts";
import { fakeEndpoint } from "../../support/mcp/fake-endpoint.ts";
import { events, httpResponse, writtenBody } from "../../support/mcp/response.ts";
import { sleep, until } from "../../support/waiting.ts";

const SSE = { type: "text/event-stream" };
const JSON_TYPE = { type: "application/json" };
const answer = (id: unknown = 1) => ({ jsonrpc: "2.0", id, result: {} });
const note = (n: number) => ({ jsonrpc: "2.0", method: "notifications/x", params: { n } });

/** Reads the answer to request 1; what came before it, and what else is told of the reading. */
function start(response: ReturnType<typeof httpResponse>, abort = new AbortController()) {
  const heard: string[] = [];
  const others: ResponseMessage[] = [];
  const drained: boolean[] = [];
  const drains: Drains = {
    add: () => {
      drained.push(false);
      return () => void drained.fill(true);
    },
  };
  const reading = readAnswer(response, {
    endpoint: fakeEndpoint(() => new Response()),
    call: {
      message: request("1", "tools/call", {}),
      async onMessage(message) {
        heard.push(`${message.method} ${message.params.n ?? ""}`.trim());
      },
    },
    cursor: {},
    abort,
    drains,
    other: (message) => void others.push(message),
  });
  return { heard, others, drained, reading };
}
const read = (text: string, of: { type: string }) => start(httpResponse(text, of));
const idOf = (reading: Reading) => (reading.kind === "answer" ? reading.message.id : undefined);

describe("an answer", () => {
  test("ends its request while its stream goes on, and the stream is read on", async () => {
    const { body, write, end, isOpen } = writtenBody();
    const { reading, heard, drained } = start(httpResponse(body, SSE));
    write(events(note(1), answer()));
    expect(idOf(await reading)).toBe("1");
    expect({ heard, drained, open: isOpen() }).toEqual({
      heard: ["notifications/x 1"],
      drained: [false],
      open: true,
    });
    write(events(note(2)));
    end();
    await until(() => drained[0] === true);
    expect(heard).toEqual(["notifications/x 1", "notifications/x 2"]);
    expect(drained).toEqual([true]);
  });

  test("goes first, before what follows it in the same chunk", async () => {
    const { body, write } = writtenBody();
    const { reading, heard } = start(httpResponse(body, SSE));
    write(events(answer(), note(1), note(2)));
    const atAnswer = await reading.then(async () => {
      // As far as a host needs, by promises alone.
      for (let hop = 0; hop < 50; hop++) await Promise.resolve();
      return [...heard];
    });
    expect(atAnswer).toEqual([]);
    await until(() => heard.length === 2);
    expect(heard).toEqual(["notifications/x 1", "notifications/x 2"]);
  });

  test("goes first in an array, too", async () => {
    const { reading, heard } = read(JSON.stringify([answer(), note(1)]), JSON_TYPE);
    const atAnswer = await reading.then(async () => {
      for (let hop = 0; hop < 50; hop++) await Promise.resolve();
      return [...heard];
    });
    expect(atAnswer).toEqual([]);
    await until(() => heard.length > 0);
    expect(heard).toEqual(["notifications/x 1"]);
  });

  test("in JSON leaves nothing to drain", async () => {
    const { reading, drained } = read(JSON.stringify(answer()), JSON_TYPE);
    expect(idOf(await reading)).toBe("1");
    expect(drained).toEqual([]);
  });

  test("counts once, however often it comes", async () => {
    const { reading, others } = read(events(answer(), { ...answer(), result: { second: true } }), SSE);
    const first = await reading;
    expect(first.kind === "answer" && first.message.result).toEqual({});
    await sleep(10);
    expect(others).toEqual([]);
  });

  test("is one whose id is of another type", async () => {
    expect(idOf(await read(events(answer("1")), SSE).reading)).toBe("1");
  });

  test("stands though its stream breaks off behind it, or goes on with junk", async () => {
    const { body, write, fail } = writtenBody();
    const cut = start(httpResponse(body, SSE));
    write(events(answer()));
    expect(idOf(await cut.reading)).toBe("1");
    fail(new Error("reset"));
    await until(() => cut.drained[0] === true);
    expect(cut.drained).toEqual([true]);
    expect(idOf(await read(`${events(answer(), "<html>")}event: error\ndata: x\n\n`, SSE).reading)).toBe("1");
  });
});

test("an answer to another request goes to that one", async () => {
  const { reading, others, heard } = read(events(answer(2), note(1), answer()), SSE);
  expect(idOf(await reading)).toBe("1");
  expect(others.map(({ id }) => id)).toEqual(["2"]);
  expect(heard).toEqual(["notifications/x 1"]);
});

describe("a response without the answer", () => {
  const nobodys = { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } };
  test("tells that it ended", async () => {
    expect(await read(events(note(1)), SSE).reading).toEqual({ kind: "ended" });
    expect(await read(JSON.stringify([note(1)]), JSON_TYPE).reading).toEqual({ kind: "ended" });
  });
  test("gives an error that names no request", async () => {
    for (const [text, of] of [
      [events(nobodys), SSE],
      [JSON.stringify(nobodys), JSON_TYPE],
    ] as const)
      expect(await read(text, of).reading).toEqual({ kind: "ended", errorWithoutId: nobodys.error });
  });
  test("gives that error soon, though its stream stays open", async () => {
    const { body, write, isOpen } = writtenBody();
    const { reading, drained } = start(httpResponse(body, SSE));
    write(events(nobodys));
    expect(await reading).toEqual({ kind: "ended", errorWithoutId: nobodys.error });
    expect({ drained, open: isOpen() }).toEqual({ drained: [false], open: true });
  });
  test("gives the answer where that comes beside it", async () => {
    expect(idOf(await read(events(nobodys, answer()), SSE).reading)).toBe("1");
  });
  test("with something that cannot be read is no cut: it may have been the answer", async () => {
    await expect(read(events("<html>"), SSE).reading).rejects.toMatchObject({ code: "invalid_answer" });
    // Where the stream can be resumed, the answer may still come.
    expect(await read(`id: 7\n${events("<html>")}`, SSE).reading).toEqual({ kind: "ended" });
  });
  test("that breaks off tells it", async () => {
    const { body, write, fail } = writtenBody();
    const { reading } = start(httpResponse(body, SSE));
    write(events(note(1)));
    setTimeout(() => fail(new Error("reset")), 5);
    await expect(reading).rejects.toMatchObject({ code: "stream_cut" });
  });
});

test("what a host throws for a message ends the reading with it", async () => {
  const reading = readAnswer(httpResponse(events(note(1), answer()), SSE), {
    endpoint: fakeEndpoint(() => new Response()),
    call: {
      message: request("1", "tools/call", {}),
      onMessage: () => Promise.reject(new TypeError("own")),
    },
    cursor: {},
    abort: new AbortController(),
    drains: { add: () => () => {} },
  });
  await expect(reading).rejects.toThrow("own");
});
