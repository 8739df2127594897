import { describe, expect, test } from "bun:test";
import { inputMethods, inputRequests } from "../../../lib/mcp/translate/gather-input.ts";

const ALL = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };
const form = { method: "elicitation/create", params: { mode: "form", message: "?" } };
const url = { method: "elicitation/create", params: { mode: "url", url: "https://a.example" } };

describe("the questions of an input_required result", () => {
  test("become requests, in their order, with the key that their answer goes by", () => {
    const read = inputRequests({ b: form, a: { method: "roots/list" } }, ALL);
    expect(read).toEqual({
      requests: [
        { key: "b", method: "elicitation/create", params: form.params },
        { key: "a", method: "roots/list", params: {} },
      ],
    });
  });

  test("by an address get an id of their own, which legacy clients tell them apart by", () => {
    const read = inputRequests(
      { a: url, b: { ...url, params: { ...url.params, elicitationId: "mine" } } },
      ALL,
    );
    const ids = "requests" in read ? read.requests.map(({ params }) => params.elicitationId) : [];
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), "mine"]);
  });

  for (const [what, required] of [
    ["no object", 7],
    ["nothing", undefined],
    ["an empty one", {}],
  ] as const)
    test(`are none in ${what}`, () => {
      expect(inputRequests(required, ALL)).toEqual({ requests: [] });
    });

  for (const [what, input] of [
    ["no object", "x"],
    ["one without a method", { params: {} }],
    ["one whose method is no text", { method: 7 }],
  ] as const)
    test(`are wrong with ${what} among them`, () => {
      expect(inputRequests({ a: form, b: input }, ALL)).toEqual({
        problem: expect.stringContaining("method"),
      });
    });

  for (const [input, offers] of [
    [form, {}],
    [url, { elicitation: {} }],
    [url, { elicitation: { form: {} } }],
    [form, { elicitation: { url: {} } }],
    [{ method: "sampling/createMessage", params: {} }, { roots: {} }],
    [{ method: "roots/list" }, { sampling: {} }],
    [{ method: "roots/list" }, undefined],
  ] as const)
    test(`are wrong with ${JSON.stringify(input)} where the client offers ${JSON.stringify(offers)}`, () => {
      expect(inputRequests({ a: input }, offers)).toEqual({ problem: expect.stringContaining(input.method) });
    });

  test("are forms where the client says no more than elicitation", () => {
    expect(inputRequests({ a: form }, { elicitation: {} })).toMatchObject({ requests: [{ key: "a" }] });
  });
});

test("what a server asks for is told by its methods, whatever it is", () => {
  expect(inputMethods({ a: form, b: { method: "roots/list" }, c: 7, d: {} })).toEqual([
    "elicitation/create",
    "roots/list",
    "something",
    "something",
  ]);
  expect(inputMethods(undefined)).toEqual([]);
});
