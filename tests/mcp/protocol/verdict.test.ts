import { describe, expect, test } from "bun:test";
import { request, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { answered, type Refused } from "../../../lib/mcp/protocol/answer.ts";
import type { ServerEra } from "../../../lib/mcp/protocol/endpoint.ts";
import { type Asked, isDiscovered, judge } from "../../../lib/mcp/protocol/verdict.ts";
import { clientEra, erasOf } from "../../../lib/mcp/protocol/versions.ts";

type Said = Omit<Refused, "kind">;
/** The eras that a refusal leads to. */
function eras(asked: Asked, said: Said): ServerEra[] {
  const verdict = judge(asked, { kind: "refused", ...said });
  return verdict.kind === "other_era" ? verdict.eras : [];
}
const erasAfterInitialize = (said: Said) => eras({ era: "legacy", method: "initialize" }, said);
const erasAfterModern = (said: Said, method: string) => eras({ era: "modern", method, proven: true }, said);
const erasAfterStream = (status: number) => eras({ era: "sse", method: "initialize" }, { status });

const MODERN = ["2026-07-28"];
const error = (code: number, supported?: string[]) => ({
  code,
  message: "no",
  ...(supported ? { data: { supported } } : {}),
});

test("the client's era is in its first request", () => {
  expect(clientEra(request("1", "initialize", {}))).toBe("legacy");
  expect(clientEra(request("1", "tools/list", { _meta: { progressToken: 1 } }))).toBe("legacy");
  expect(clientEra(request("1", "server/discover", {}))).toBe("modern");
  const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
  expect(clientEra(request("1", "tools/list", { _meta }))).toBe("modern");
});

describe("authorization, load and outages are never a verdict", () => {
  for (const status of [401, 403, 407, 408, 413, 425, 429, 500, 502, 503, 504])
    for (const told of [undefined, error(-32601), error(-32022, MODERN)])
      test(`${status} ${told ? told.code : "without a body"}`, () => {
        const answer = { status, ...(told ? { error: told } : {}) };
        expect(erasAfterInitialize(answer)).toEqual([]);
        expect(erasAfterModern(answer, "server/discover")).toEqual([]);
        expect(erasAfterModern(answer, "tools/call")).toEqual([]);
        expect(erasAfterStream(status)).toEqual([]);
      });
});

describe("after a refused initialize", () => {
  for (const [status, told, eras] of [
    [400, undefined, ["sse", "modern"]],
    [404, undefined, ["sse", "modern"]],
    [405, undefined, ["sse", "modern"]],
    [406, undefined, []],
    [400, error(-32022, MODERN), ["modern"]],
    [400, error(-32022), ["modern"]],
    [400, error(-32022, ["2027-01-01"]), []],
    [200, error(-32022, MODERN), ["modern"]],
    [400, error(-32020), ["modern"]],
    [400, error(-32021), ["modern"]],
    [200, error(-32601), ["modern"]],
    [404, error(-32601), ["modern"]],
    [200, error(-32602, MODERN), ["modern"]],
    [200, error(-32602, ["2025-06-18"]), []],
    [200, error(-32602), []],
    [400, error(-32602), ["modern", "sse"]],
    [422, error(-32602), ["modern"]],
  ] as [number, ReturnType<typeof error> | undefined, ServerEra[]][])
    test(`${status} ${JSON.stringify(told)}`, () => {
      expect(erasAfterInitialize({ status, ...(told ? { error: told } : {}) })).toEqual(eras);
    });
});

describe("after a refused modern request", () => {
  for (const [status, told, discover, call] of [
    [400, undefined, ["legacy"], ["legacy"]],
    [404, undefined, ["legacy"], ["legacy"]],
    [400, error(-32000), ["legacy"], ["legacy"]],
    [404, error(-32601), ["legacy"], []],
    [200, error(-32601), ["legacy"], []],
    [200, error(-32603), ["legacy"], []],
    [400, error(-32020), [], []],
    [400, error(-32021), [], []],
    [400, error(-32022), [], []],
    [400, error(-32022, MODERN), [], []],
    [400, error(-32022, ["2027-01-01"]), [], []],
    [400, error(-32022, ["2025-11-25"]), ["legacy"], ["legacy"]],
    [400, error(-32022, ["2025-11-25", "2026-07-28"]), [], []],
  ] as [number, ReturnType<typeof error> | undefined, ServerEra[], ServerEra[]][])
    test(`${status} ${JSON.stringify(told)}`, () => {
      const answer = { status, ...(told ? { error: told } : {}) };
      expect(erasAfterModern(answer, "server/discover")).toEqual(discover);
      expect(erasAfterModern(answer, "tools/call")).toEqual(call);
    });
});

test("after a stream that was none, the others", () => {
  expect(erasAfterStream(405)).toEqual(["legacy", "modern"]);
  expect(erasAfterStream(200)).toEqual(["legacy", "modern"]);
});

test("a pinned version leaves its era, legacy ones both transports", () => {
  expect(erasOf(undefined)).toEqual(["modern", "legacy", "sse"]);
  expect(erasOf("2026-07-28")).toEqual(["modern"]);
  for (const version of ["2024-11-05", "2025-11-25"]) expect(erasOf(version)).toEqual(["legacy", "sse"]);
});

test("a discovery names versions", () => {
  expect(isDiscovered({ supportedVersions: [] })).toBe(true);
  expect(isDiscovered({ tools: [] })).toBe(false);
  expect(isDiscovered(undefined)).toBe(false);
  const result = (value: Record<string, unknown>) => answered(resultResponse("1", value));
  const asked = { era: "modern", method: "server/discover" } as const;
  expect(judge(asked, result({ tools: [] }))).toEqual({ kind: "other_era", eras: ["legacy"] });
  expect(judge(asked, result({ supportedVersions: MODERN })).kind).toBe("answered");
});

test("a guessed era is settled by a modern answer alone", () => {
  for (const status of [200, 202, 400, 401, 403, 404, 415, 429, 500])
    expect(eras({ era: "modern", method: "tools/list", guessed: true }, { status })).toEqual(["legacy"]);
  const modern = { status: 400, error: error(-32022, MODERN) };
  expect(eras({ era: "modern", method: "tools/list", guessed: true }, modern)).toEqual([]);
});
