import { describe, expect, test } from "bun:test";
import { M2mcpError } from "../../../lib/failure.ts";
import type { HttpResponse } from "../../../lib/mcp/http/body.ts";
import {
  judgeStream,
  type KeepOpenOptions,
  keepOpen,
  type StreamEnd,
  takeMessages,
} from "../../../lib/mcp/http/keep-open.ts";
import type { StreamCursor } from "../../../lib/mcp/http/sse.ts";
import { streamCut, timedOut } from "../../../lib/net/errors.ts";
import { type Attempt, createSchedule } from "../../../lib/timing/schedule.ts";

const URL_ = "https://server.example/mcp";
const note = (text: string) =>
  `data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/message", params: { text } })}\n\n`;

type Step = Error | { status?: number; type?: string; body?: string; cutBy?: Error };

const responseOf = ({ status = 200, type = "text/event-stream", body = "", cutBy }: Exclude<Step, Error>) =>
  ({
    status,
    headers: new Headers({ "content-type": type }),
    async read(take) {
      await take(new TextEncoder().encode(body));
      if (cutBy) throw cutBy;
    },
    text: async () => body,
    async discard() {},
  }) satisfies HttpResponse;

/** Keeps a scripted stream open until the script is over; tells what was asked, heard, and how the waits were paced. */
async function run(steps: Step[], verdict: KeepOpenOptions["verdict"] = judgeStream) {
  const abort = new AbortController();
  const cursors: StreamCursor[] = [];
  const heard: unknown[] = [];
  const attempts: Attempt[] = [];
  const ends: StreamEnd[] = [];
  const paced = createSchedule();
  const end = await keepOpen({
    async open(cursor, signal) {
      const step = steps[cursors.length];
      cursors.push({ ...cursor });
      if (step === undefined) {
        abort.abort();
        signal.throwIfAborted();
      }
      if (step === undefined || step instanceof Error) throw step;
      return responseOf(step);
    },
    take: takeMessages(
      URL_,
      () => {},
      async (message) => {
        if (message.kind === "notification") heard.push(message.params.text);
      },
    ),
    verdict(end) {
      ends.push(end);
      return verdict(end);
    },
    schedule: {
      next(attempt) {
        attempts.push(attempt);
        paced.next(attempt);
        return 0;
      },
      get fruitless() {
        return paced.fruitless;
      },
    },
    signal: abort.signal,
  });
  return { end, ends, cursors, heard, attempts, fruitless: paced.fruitless };
}

describe("keepOpen", () => {
  test("opens again what ended, where it ended, after the wait that the server named", async () => {
    const { end, cursors, heard, attempts } = await run([
      { body: `id: 1\nretry: 50\n${note("a")}` },
      { body: `id: 2\n${note("b")}`, cutBy: streamCut("h") },
      streamCut("h"),
    ]);
    expect(end).toBeUndefined();
    expect(heard).toEqual(["a", "b"]);
    expect(cursors.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "1", "2", "2"]);
    expect(attempts).toMatchObject([
      { progressed: true, retryMs: 50 },
      { progressed: true, retryMs: 50 },
      { progressed: false, retryMs: 50 },
    ]);
  });

  test("grows its waits while nothing comes, though the stream is granted each time", async () => {
    const { fruitless, attempts } = await run([{}, {}, {}]);
    expect(fruitless).toBe(3);
    expect(attempts.every(({ progressed, offered }) => !progressed && offered)).toBe(true);
  });

  test("tells the schedule of a stream that fell silent", async () => {
    const { attempts } = await run([{ body: note("a"), cutBy: timedOut("h", 1000) }]);
    expect(attempts).toMatchObject([{ idle: true, progressed: true }]);
  });

  test("resolves with the end that was judged final", async () => {
    const { end, cursors } = await run([{ body: note("a") }, { status: 405, type: "text/plain" }]);
    expect(end).toMatchObject({ kind: "refused", refusal: { status: 405 }, everGranted: true });
    expect(cursors.length).toBe(2);
  });

  test("resolves with nothing when its signal fires, at once also while it waits", async () => {
    const abort = new AbortController();
    let opened = 0;
    const kept = keepOpen({
      async open() {
        opened++;
        return responseOf({});
      },
      take: async () => {},
      verdict: () => "again",
      schedule: { next: () => 60_000, fruitless: 0 },
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 10);
    expect(await kept).toBeUndefined();
    expect(opened).toBe(1);
  });

  test("throws what is a fault of our own", async () => {
    await expect(run([new TypeError("own")])).rejects.toThrow("own");
  });

  test("forgets where it was where it shall open afresh", async () => {
    const { cursors, ends } = await run([
      { body: `id: 7\n${note("a")}` },
      { status: 400, type: "text/plain", body: "unknown event id" },
    ]);
    expect(cursors.map(({ lastEventId }) => lastEventId)).toEqual([undefined, "7", undefined]);
    expect(ends[1]).toMatchObject({ resumed: true, refusal: { status: 400, words: "unknown event id" } });
  });
});

describe("what the end of a stream means", () => {
  const state = { everGranted: false, resumed: false };
  const refused = (status: number, more: Partial<StreamEnd> = {}, code?: number): StreamEnd => ({
    ...state,
    ...more,
    kind: "refused",
    refusal: { kind: "refused", status, ...(code === undefined ? {} : { error: { code, message: "" } }) },
  });
  const failed = (exitCode: 2 | 3 | 4, more: Partial<StreamEnd> = {}, code = "x"): StreamEnd => ({
    ...state,
    ...more,
    kind: "failed",
    error: new M2mcpError(code, exitCode, "x"),
  });
  const granted = { everGranted: true };
  const resumed = { everGranted: true, resumed: true };
  test.each([
    ["it ended", { ...state, kind: "ended" } satisfies StreamEnd, "again"],
    ["405", refused(405), "stop"],
    ["405 later", refused(405, resumed), "stop"],
    ["501", refused(501), "stop"],
    ["method not found", refused(400, {}, -32601), "stop"],
    ["404 where no stream ever was", refused(404), "stop"],
    ["404 where one was", refused(404, granted), "again"],
    ["404 to a resumption", refused(404, resumed), "afresh"],
    ["406 once", refused(406), "again"],
    ["400 to a resumption", refused(400, resumed), "afresh"],
    ["the old stream is still held", refused(409, resumed), "again"],
    ["busy", refused(429, resumed), "again"],
    ["down", refused(503, resumed), "again"],
    ["the network", failed(3), "again"],
    ["not authorized for it", failed(4), "again"],
    ["nonsense from the start", failed(2), "stop"],
    ["no token for now", failed(2, {}, "token_unavailable"), "again"],
    ["no word for now of who issues tokens", failed(2, {}, "no_authorization_server"), "again"],
    ["nonsense later", failed(2, granted), "again"],
  ] as const)("%s", (_, end, verdict) => {
    expect(judgeStream(end)).toBe(verdict);
  });
});
