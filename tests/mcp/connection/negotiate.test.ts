import { describe, expect, test } from "bun:test";
import { EXIT, M2mcpError } from "../../../lib/failure.ts";
import { negotiate } from "../../../lib/mcp/connection/negotiate.ts";
import type { EraTransport, Opened } from "../../../lib/mcp/pairs/era-transport.ts";
import type { Refused } from "../../../lib/mcp/protocol/answer.ts";
import type { ServerEra } from "../../../lib/mcp/protocol/endpoint.ts";
import { endpointElsewhere, oldTransport, wrongContentType } from "../../../lib/mcp/protocol/errors.ts";
import { streamCut } from "../../../lib/net/errors.ts";
import { bare, callOf, fakeEndpoint } from "../../support/mcp/fake-endpoint.ts";

const opened: Opened = { kind: "opened", proven: true };
const refusal = (status: number, more: Omit<Refused, "kind" | "status"> = {}): Refused => ({
  kind: "refused",
  status,
  ...more,
});
const error = (code: number, message = "no") => ({ error: { code, message } });
const notAuthorized = new M2mcpError("not_authorized", EXIT.auth, "no token");

interface Asking {
  first?: ServerEra;
  allowed?: readonly ServerEra[];
  known?: ServerEra;
  guesses?: boolean;
}

/** Asks a server that answers each era so; one without an answer is not there. What came of it, and who was asked. */
async function ask(
  answers: Partial<Record<ServerEra, Opened | Error>>,
  { first = "legacy", allowed = ["modern", "legacy", "sse"], known, guesses = false }: Asking = {},
) {
  const asked: string[] = [];
  const closed: ServerEra[] = [];
  const transportOf = (era: ServerEra): EraTransport => ({
    async open(_first, isKnown) {
      asked.push(isKnown ? `${era}, known` : era);
      const answer = answers[era] ?? refusal(405, era === "sse" ? { isUnsent: true } : {});
      if (answer instanceof Error) throw answer;
      return answer;
    },
    request: () => Promise.reject(new Error("not asked")),
    async notify() {},
    async respond() {},
    async close() {
      closed.push(era);
    },
  });
  const outcome = await negotiate(callOf("initialize"), {
    eras: [first],
    allowed,
    known,
    guesses,
    transportOf,
    endpoint: fakeEndpoint(() => bare(405)),
  }).then(
    (found) =>
      found.kind === "connected"
        ? found.connected.era
        : (found.error?.message ?? found.words ?? found.status),
    ({ code, message }: M2mcpError) => code ?? message,
  );
  return { outcome, asked, closed };
}

describe("a server is found", () => {
  test("in the era that is asked first", async () => {
    expect(await ask({ legacy: opened })).toEqual({ outcome: "legacy", asked: ["legacy"], closed: [] });
    expect(await ask({ modern: opened }, { first: "modern" })).toMatchObject({ outcome: "modern" });
  });

  test("in the one that a refusal speaks of, and what was tried is closed", async () => {
    expect(await ask({ legacy: refusal(400, error(-32022)), modern: opened })).toEqual({
      outcome: "modern",
      asked: ["legacy", "modern"],
      closed: ["legacy"],
    });
  });

  test("behind several that are not it, each asked once", async () => {
    expect(await ask({ modern: opened })).toMatchObject({
      outcome: "modern",
      asked: ["legacy", "sse", "modern"],
    });
    expect(await ask({ sse: opened }, { first: "modern" })).toMatchObject({
      outcome: "sse",
      asked: ["modern", "legacy", "sse"],
    });
    expect(await ask({}, { first: "modern" })).toMatchObject({
      outcome: 405,
      asked: ["modern", "legacy", "sse"],
    });
  });

  test("by its stream in answer to a POST", async () => {
    expect(await ask({ legacy: oldTransport("h"), sse: opened })).toMatchObject({
      outcome: "sse",
      asked: ["legacy", "sse"],
    });
  });

  for (const failure of [
    refusal(500),
    refusal(401),
    refusal(403),
    refusal(202),
    notAuthorized,
    wrongContentType("h", "text/html"),
  ])
    test(`though it refuses a question of our own with ${failure instanceof Error ? failure.code : failure.status}`, async () => {
      const found = await ask({ modern: failure, legacy: opened }, { first: "modern", guesses: true });
      expect(found).toMatchObject({ outcome: "legacy", asked: ["modern", "legacy"] });
    });
});

describe("no other era is asked", () => {
  test("than those of a pinned version", async () => {
    expect(await ask({ modern: opened }, { allowed: ["legacy", "sse"] })).toMatchObject({
      outcome: 405,
      asked: ["legacy", "sse"],
    });
    expect(await ask({ legacy: opened }, { first: "modern", allowed: ["modern"] })).toMatchObject({
      outcome: 405,
      asked: ["modern"],
    });
  });

  test("after an outage, or what is about the caller", async () => {
    for (const status of [401, 403, 429, 500, 502, 503])
      expect(await ask({ legacy: refusal(status), modern: opened, sse: opened })).toMatchObject({
        outcome: status,
        asked: ["legacy"],
      });
  });

  test("where the way to the server fails: that is told", async () => {
    expect(await ask({ legacy: streamCut("h"), modern: opened })).toMatchObject({
      outcome: "stream_cut",
      asked: ["legacy"],
      closed: ["legacy"],
    });
    expect(
      await ask({ modern: streamCut("h"), legacy: opened }, { first: "modern", guesses: true }),
    ).toMatchObject({ outcome: "stream_cut" });
  });

  test("of a known server after a refusal of our question that is about it", async () => {
    const { outcome, asked } = await ask(
      { modern: notAuthorized, legacy: opened },
      { first: "modern", known: "modern", guesses: true },
    );
    expect({ outcome, asked }).toEqual({ outcome: "not_authorized", asked: ["modern, known"] });
  });
});

describe("of several failures the one that came furthest is told:", () => {
  test.each<[what: string, answers: Partial<Record<ServerEra, Opened | Error>>, told: unknown]>([
    [
      "the words behind the stream of the old transport",
      { legacy: refusal(405), sse: refusal(403, { words: "tenant is suspended" }) },
      "tenant is suspended",
    ],
    ["its outage", { legacy: refusal(404), sse: refusal(500) }, 500],
    [
      "that it leads elsewhere",
      { legacy: refusal(405), sse: endpointElsewhere("h", "x") },
      "endpoint_elsewhere",
    ],
    [
      "what the first said, where nothing came further",
      { legacy: refusal(404, { words: "nothing here" }) },
      "nothing here",
    ],
    [
      "an error in words before a bare 404",
      { legacy: refusal(400, error(-32602, "bad clientInfo")) },
      "bad clientInfo",
    ],
    [
      "what guards the stream before what is not there",
      { legacy: refusal(405), sse: refusal(403, { isUnsent: true, words: "not for you" }) },
      "not for you",
    ],
  ])("%s", async (_what, answers, told) => {
    expect((await ask(answers)).outcome).toEqual(told as string);
  });

  test("a refusal of the token before what an era does not know", async () => {
    const found = await ask(
      { modern: notAuthorized, legacy: refusal(404) },
      { first: "modern", guesses: true },
    );
    expect(found.outcome).toBe("not_authorized");
  });

  test("what a server says within its own era before what it said of others", async () => {
    const found = await ask(
      { modern: refusal(500), legacy: refusal(403, { words: "tenant is suspended" }) },
      { first: "modern", guesses: true },
    );
    expect(found.outcome).toBe("tenant is suspended");
  });
});
