import { describe, expect, test } from "bun:test";
import { readRefused, refusedIn } from "../../../lib/mcp/http/refusal.ts";
import type { Refused } from "../../../lib/mcp/protocol/answer.ts";
import { httpResponse, writtenBody } from "../../support/mcp/response.ts";

/** As the runtime gives it: a text has a type of its own. */
const answered = (status: number, body: BodyInit | null, type?: string) =>
  httpResponse(body, {
    status,
    type: type ?? (typeof body === "string" ? "text/plain;charset=UTF-8" : undefined),
  });

const rpc = { jsonrpc: "2.0", id: 7, error: { code: -32003, message: "tenant is suspended" } };

describe("the body of a refusal", () => {
  test("gives the JSON-RPC error, plain or in SSE", async () => {
    const wanted = {
      kind: "refused" as const,
      status: 400,
      error: rpc.error,
      id: "7",
      words: "-32003: tenant is suspended",
    };
    expect(await readRefused(answered(400, JSON.stringify(rpc), "application/json"))).toEqual(wanted);
    const event = `event: message\ndata: ${JSON.stringify(rpc)}`;
    for (const end of ["", "\n", "\n\n"])
      expect(await readRefused(answered(400, event + end, "text/event-stream"))).toEqual(wanted);
  });
  test("is read without what was sent", async () => {
    const redact = (text: string) => text.replaceAll("t0ken", "…");
    const words = '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no t0ken"}}';
    expect(await readRefused(Object.assign(answered(400, words), { redact }))).toMatchObject({
      error: { message: "no …" },
      words: "-32000: no …",
    });
  });
  test("gives the server's words where it is no JSON-RPC", async () => {
    expect(await readRefused(answered(500, "database is down"))).toEqual({
      kind: "refused" as const,
      status: 500,
      words: "database is down",
    });
    expect(await readRefused(answered(404, "<html><title>404 Not Found</title>", "text/html"))).toEqual({
      kind: "refused" as const,
      status: 404,
    });
    expect(await readRefused(answered(503, null))).toEqual({ kind: "refused" as const, status: 503 });
  });
  test("is looked at from its start, however long it is", async () => {
    const long = `${"upstream is down ".repeat(2)}${" x".repeat(1_000_000)}`;
    expect((await readRefused(answered(502, long))).words).toStartWith("upstream is down");
  });
  test("that never ends is not waited for", async () => {
    const pull = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("half a word"));
      },
    });
    expect(await readRefused(answered(500, pull))).toEqual({
      kind: "refused" as const,
      status: 500,
      words: "half a word",
    });
  }, 10_000);
});

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
