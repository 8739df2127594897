import { describe, expect, test } from "bun:test";
import { readRefused, refusedIn } from "../../../lib/mcp/http/refusal.ts";
import type { Refused } from "../../../lib/mcp/protocol/answer.ts";
import { httpResponse, writtenBody } from "../../support/mcp/response.ts";

const error = { code: -32001, message: "Session not found" };
const words = "-32001: Session not found";

describe("what a refusal says:", () => {
  for (const [what, body, type, said] of [
    ["an error", { jsonrpc: "2.0", id: 1, error }, "application/json", { error, id: "1", words }],
    [
      "an error to nobody",
      { jsonrpc: "2.0", id: null, error },
      "application/json",
      { error, id: null, words },
    ],
    [
      "an error whose id is empty",
      { jsonrpc: "2.0", id: "", error },
      "application/json",
      { error, id: '""', words },
    ],
    ["an error without its id", { jsonrpc: "2.0", error }, "application/json", { error, id: null, words }],
    ["an error and no more", { error }, "application/json", { error, id: null, words }],
    ["an error of no type", { jsonrpc: "2.0", id: 1, error }, undefined, { error, id: "1", words }],
    [
      "an error in an array",
      [{ jsonrpc: "2.0", id: 1, error }],
      "application/json",
      { error, id: "1", words },
    ],
    [
      "an error whose code is a text",
      { jsonrpc: "2.0", id: 1, error: { ...error, code: "-32001" } },
      "application/json",
      { error, id: "1", words },
    ],
    [
      "a member with a text",
      { error: "session s1 not found" },
      "application/json",
      { words: "session s1 not found" },
    ],
    [
      "problem+json",
      { title: "Conflict", detail: "still held" },
      "application/problem+json",
      { words: "still held" },
    ],
    ["a detail", { detail: "Session not found" }, "application/json", { words: "Session not found" }],
    ["text", "Could not find session", "text/plain", { words: "Could not find session" }],
    [
      "the title of a page",
      "<html><title>Tenant is suspended</title></html>",
      "text/html",
      { words: "Tenant is suspended" },
    ],
    ["the status in words, and no more", "Not Found", "text/plain", {}],
    ["a result", { jsonrpc: "2.0", id: 1, result: {} }, "application/json", {}],
    ["nothing", "", undefined, {}],
  ] as [string, object | string, string | undefined, Partial<Refused>][])
    test(what, async () => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const read = await readRefused(httpResponse(text, { status: 404, type }));
      expect(read).toEqual({ kind: "refused", status: 404, ...said });
    });

  test("an error in a stream of events, whole or not", async () => {
    const data = JSON.stringify({ jsonrpc: "2.0", id: 1, error });
    for (const body of [`event: message\ndata: ${data}\n\n`, `: hi\n\ndata: ${data}`])
      expect(await readRefused(httpResponse(body, { status: 400, type: "text/event-stream" }))).toMatchObject(
        {
          error,
          id: "1",
        },
      );
  });

  test("what was read already is judged alike", () => {
    const headers = new Headers({ "content-type": "application/json" });
    expect(refusedIn({ status: 401, headers, body: '{"error":"Session expired"}' })).toEqual({
      kind: "refused",
      status: 401,
      words: "Session expired",
    });
  });
});

test("a refusal that breaks off says what it said so far, or nothing", async () => {
  const { body, write, fail } = writtenBody();
  write("database is d");
  setTimeout(() => fail(new Error("reset")), 5);
  const read = await readRefused(httpResponse(body, { status: 500 }));
  expect(read).toEqual({ kind: "refused", status: 500, words: "database is d" });
});
