import { describe, expect, test } from "bun:test";
import { M2mcpError } from "../../../lib/failure.ts";
import { WatchedResponse } from "../../../lib/mcp/http/body.ts";
import { asString, LONG_BYTES } from "../../../lib/mcp/jsonrpc/bytes.ts";
import { watchIdle } from "../../../lib/timing/idle-timeout.ts";
import { sleep } from "../../support/waiting.ts";

/** A response of these pieces, under watch; `ended` counts how often it was let go of. */
function watched(
  pieces: (string | Uint8Array)[],
  headers: Record<string, string> = {},
  pauseMs = 0,
  backpressure?: () => Promise<void> | undefined,
) {
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      for (const piece of pieces) {
        if (pauseMs > 0) await sleep(pauseMs);
        controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
      }
      controller.close();
    },
  });
  const abort = new AbortController();
  const watch = watchIdle(100, () => abort.abort(new M2mcpError("timeout", 3, "silent")));
  const seen = { ended: 0 };
  const response = new WatchedResponse(new Response(body, { headers }), {
    host: "host",
    watch,
    signal: abort.signal,
    end() {
      watch.stop();
      seen.ended++;
    },
    backpressure,
  });
  return { response, seen, abort };
}

describe("a body", () => {
  const long = `{"x":"${"é".repeat(LONG_BYTES)}"}`;
  const bytes = new TextEncoder().encode(long);

  test("is the same text whatever was said of its length, and however it is cut", async () => {
    for (const said of [undefined, `${bytes.length}`, "10", "junk", `${bytes.length + 9}`])
      for (const at of [1, 8, 9, 70_001]) {
        const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
        const { response, seen } = watched(pieces, said === undefined ? {} : { "content-length": said });
        expect(asString(await response.text())).toBe(long);
        expect(seen.ended).toBe(1);
      }
  });

  test("has no BOM and no white space around, short or long", async () => {
    for (const text of ["{}", long])
      expect(asString(await watched([`\ufeff${text}\n`]).response.text())).toBe(text);
  });

  test("that is too long is refused: at once where it says so, else when it is", async () => {
    const { response, seen } = watched(["x"], { "content-length": "5000" });
    await expect(response.text(4000)).rejects.toMatchObject({ code: "answer_too_long" });
    expect(seen.ended).toBe(1);
    const slow = watched(["x".repeat(3000), "x".repeat(3000)]);
    await expect(slow.response.text(4000)).rejects.toMatchObject({ code: "answer_too_long" });
  });

  test("waits for who takes it, without counting that as idleness", async () => {
    const { response } = watched(["a", "b"]);
    const taken: string[] = [];
    await response.read(async (piece) => {
      await sleep(250);
      taken.push(asString(piece));
    });
    expect(taken).toEqual(["a", "b"]);
  });

  test("hands on what its taker throws, as it is", async () => {
    const own = new TypeError("own");
    const read = watched(["a"]).response.read(() => {
      throw own;
    });
    await expect(read).rejects.toBe(own);
  });

  test("that is long waits while nobody can take it, and ends all the same when it is given up", async () => {
    let free = () => {};
    const blocked = new Promise<void>((resolve) => {
      free = resolve;
    });
    let waits = 0;
    const backpressure = () => (++waits === 1 ? blocked : undefined);
    const pieces = ["x".repeat(100_000), "y".repeat(100_000)];
    const { response } = watched(pieces, {}, 0, backpressure);
    const read = response.text();
    expect(await Promise.race([read, sleep(250).then(() => "waiting")])).toBe("waiting");
    free();
    expect((await read).length).toBe(200_000);
    const other = watched(pieces, {}, 0, () => new Promise<void>(() => {}));
    const reason = new Error("given up");
    setTimeout(() => other.abort.abort(reason), 20);
    await expect(other.response.text()).rejects.toBe(reason);
    expect(other.seen.ended).toBe(1);
    expect((await watched(["short"], {}, 0, () => new Promise<void>(() => {})).response.text()).length).toBe(
      5,
    );
  });
});
