import { describe, expect, test } from "bun:test";
import { urlVisits, visitUrls } from "../../../lib/mcp/translate/url-visits.ts";

const visit = (n: number) => ({
  mode: "url",
  message: `visit ${n}`,
  url: `https://a.example/${n}`,
  elicitationId: `e${n}`,
});
const error = (data: unknown, code = -32042) => ({ code, message: "visit first", data });
const OFFERS = { elicitation: { url: {} } };

describe("an error that asks for visits to addresses", () => {
  test("becomes questions, each under a key of its own, without what only its era knows", () => {
    expect(urlVisits(error({ elicitations: [visit(1), visit(2)] }), OFFERS)).toEqual({
      inputRequests: {
        "visit-0": {
          method: "elicitation/create",
          params: { mode: "url", message: "visit 1", url: "https://a.example/1" },
        },
        "visit-1": {
          method: "elicitation/create",
          params: { mode: "url", message: "visit 2", url: "https://a.example/2" },
        },
      },
    });
  });

  for (const offers of [{}, { elicitation: {} }, { elicitation: { form: {} } }, undefined])
    test(`is a missing capability where the client offers ${JSON.stringify(offers)}`, () => {
      expect(urlVisits(error({ elicitations: [visit(1)] }), offers)).toEqual({
        error: {
          code: -32021,
          message: "visit first",
          data: { requiredCapabilities: { elicitation: { url: {} } } },
        },
      });
    });

  for (const [what, other] of [
    ["of another code", error({ elicitations: [visit(1)] }, -32602)],
    ["without data", error(undefined)],
    ["without visits", error({ elicitations: [] })],
    ["with what is no visit", error({ elicitations: [7, "x"] })],
    ["with no list", error({ elicitations: visit(1) })],
  ] as const)
    test(`is none: one ${what}`, () => {
      expect(urlVisits(other, OFFERS)).toBeUndefined();
      expect(visitUrls(other)).toEqual([]);
    });

  test("names its addresses for those who can only be told", () => {
    const mixed = error({ elicitations: [visit(1), { ...visit(2), url: 7 }, null, visit(3)] });
    expect(visitUrls(mixed)).toEqual(["https://a.example/1", "https://a.example/3"]);
  });
});
