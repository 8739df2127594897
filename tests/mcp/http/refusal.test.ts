import { describe, expect, test } from "bun:test";
import { WatchedResponse } from "../../../lib/mcp/http/body.ts";
import { readRefused } from "../../../lib/mcp/http/refusal.ts";

/** A response as the layers hand it on. */
const answered = (status: number, body: BodyInit | null, type?: string) =>
  new WatchedResponse(
    new Response(body, { status, headers: type === undefined ? {} : { "content-type": type } }),
    {
      host: "host",
      watch: { refresh() {}, pause() {}, stop() {} },
      signal: new AbortController().signal,
      end() {},
    },
  );

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
