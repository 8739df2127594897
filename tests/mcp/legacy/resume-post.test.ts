import { describe, expect, test } from "bun:test";
import { request } from "../../../lib/mcp/jsonrpc/message.ts";
import { resumePost } from "../../../lib/mcp/legacy/streams/resume-post.ts";
import type { Answer } from "../../../lib/mcp/protocol/answer.ts";
import { connectionRefused, streamCut } from "../../../lib/net/errors.ts";
import { fakeEndpoint, inShort } from "../../support/mcp/fake-endpoint.ts";
import { events, httpResponse } from "../../support/mcp/response.ts";

const SSE = { type: "text/event-stream" };
const answer = { jsonrpc: "2.0", id: 1, result: { text: "late" } };
const note = (n: number) => ({ jsonrpc: "2.0", method: "notifications/x", params: { n } });
/** An event with an id, after which a stream can be resumed soon. */
const marked = (id: string, message: object | string) => `id: ${id}\nretry: 1\n${events(message)}`;

/** What a resumption brings: a body, a status, or a failure. */
type Step = string | number | Error;

/** Reads a stream that breaks off, and these in turn when it is resumed, the last one for ever. */
async function read(first: string, steps: Step[], timeoutMs = 5000) {
  const resumedAt: (string | undefined)[] = [];
  const heard: unknown[] = [];
  const abort = new AbortController();
  const outcome = await resumePost(httpResponse(first, SSE), {
    endpoint: fakeEndpoint(() => new Response(), { timeoutMs }),
    call: {
      message: request("1", "tools/call", {}),
      onMessage: async ({ params }) => void heard.push(params.n),
    },
    abort,
    drains: { add: () => () => {} },
    isLoss: ({ status }) => status === 404,
    async resume({ lastEventId }) {
      const step = steps[Math.min(resumedAt.length, steps.length - 1)] ?? 404;
      resumedAt.push(lastEventId);
      if (step instanceof Error) throw step;
      return typeof step === "number" ? httpResponse("", { status: step }) : httpResponse(step, SSE);
    },
  }).then(
    (said: Answer) => inShort(said),
    ({ code, message }: { code: string; message: string }) => ({ code, message }),
  );
  return { outcome, resumedAt, heard };
}
const failed = (code: string) => expect.objectContaining({ code });

describe("the stream of a call", () => {
  test("is resumed from its last event until the answer comes, and nothing is told twice", async () => {
    const read_ = await read(marked("a", note(1)), [marked("b", note(2)), events(note(3)), events(answer)]);
    expect(read_).toEqual({ outcome: "late", resumedAt: ["a", "b", "b"], heard: [1, 2, 3] });
  });

  test("keeps ids of any letters", async () => {
    const { resumedAt } = await read(marked("ü/𝄞 1", note(1)), [events(answer)]);
    expect(resumedAt).toEqual(["ü/𝄞 1"]);
  });

  test("is not resumed where nothing says from where", async () => {
    for (const first of [events(note(1)), `id:\n${events(note(1))}`])
      expect(await read(first, [events(answer)])).toMatchObject({
        outcome: failed("stream_cut"),
        resumedAt: [],
      });
  });

  test("is not resumed once the answer is there", async () => {
    expect(await read(marked("a", answer), [events(answer)])).toMatchObject({
      outcome: "late",
      resumedAt: [],
    });
  });

  test("gives an error that names no request for the answer", async () => {
    const nobodys = { jsonrpc: "2.0", id: null, error: { code: -32700, message: "Parse error" } };
    expect((await read(marked("a", nobodys), [])).outcome).toBe("refused 200");
  });
});

describe("a resumption that is refused", () => {
  for (const status of [408, 409, 425, 429, 500, 502, 503])
    test(`with ${status} for now is tried again`, async () => {
      const { outcome, resumedAt } = await read(marked("a", note(1)), [status, status, events(answer)]);
      expect({ outcome, tries: resumedAt.length }).toEqual({ outcome: "late", tries: 3 });
    });
  for (const status of [400, 401, 403, 405, 406, 410, 422])
    test(`with ${status} ends the call: what became of it is not known`, async () => {
      const { outcome, resumedAt } = await read(marked("a", note(1)), [status]);
      expect(outcome).toMatchObject({ code: "stream_cut", message: expect.stringContaining("not known") });
      expect(resumedAt).toHaveLength(1);
    });
  test("with 404 says that the session is lost, and the call's outcome with it", async () => {
    const { outcome } = await read(marked("a", note(1)), [404]);
    expect(outcome).toMatchObject({ code: "session_lost", message: expect.stringContaining("not known") });
  });
});

describe("a resumption that fails", () => {
  test("is tried again, and again", async () => {
    const { outcome, resumedAt } = await read(marked("a", note(1)), [
      connectionRefused("h"),
      streamCut("h"),
      events(answer),
    ]);
    expect({ outcome, tries: resumedAt.length }).toEqual({ outcome: "late", tries: 3 });
  });

  test.concurrent("in the end is told as a call of unknown outcome, not as one that was never sent", async () => {
    const { outcome, resumedAt } = await read(marked("a", note(1)), [connectionRefused("h")]);
    expect(outcome).toMatchObject({ code: "stream_cut", message: expect.stringContaining("not known") });
    expect(resumedAt).toHaveLength(6);
  }, 15_000);

  test.concurrent("counts anew where something came in between", async () => {
    const steps: Step[] = [];
    for (let n = 0; n < 4; n++)
      steps.push(connectionRefused("h"), connectionRefused("h"), marked(`n${n}`, note(n)));
    expect((await read(marked("a", note(9)), [...steps, events(answer)])).outcome).toBe("late");
  }, 15_000);
});

describe("a resumption that brings nothing", () => {
  test("is paced, and given up when the request's time is over", async () => {
    const { outcome, resumedAt } = await read(marked("a", note(1)), [""], 1000);
    expect(outcome).toEqual(failed("stream_cut"));
    expect(resumedAt.length).toBeLessThan(8);
  });

  test("is not waited for where the server wants more time than there is", async () => {
    const startedMs = performance.now();
    const { outcome } = await read(`id: a\nretry: 3600000\n${events(note(1))}`, [events(answer)], 20_000);
    expect(outcome).toEqual(failed("stream_cut"));
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});

describe("an answer that cannot be read is told as that, whatever event ids it has:", () => {
  for (const broken of ['{"jsonrpc":"2.0","id":1,"result":{"n":NaN}}', '{"jsonrpc":"2.0","id":1}'])
    test(broken, async () => {
      const { outcome, resumedAt } = await read(marked("a", broken), [""]);
      expect(outcome).toEqual(failed("invalid_answer"));
      expect(resumedAt).toEqual([]);
    });
});
