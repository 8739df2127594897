import { afterAll, describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import { fetchOnce } from "../../../lib/mcp/http/layers/fetch-once.ts";
import type { LocatedRequest } from "../../../lib/mcp/http/layers/layer.ts";
import { asString } from "../../../lib/mcp/jsonrpc/bytes.ts";
import { listen } from "../../support/net/listen.ts";
import { sleep } from "../../support/waiting.ts";

/** Answers by its path: at once, never, with half a body, or with an error. */
const server = createServer((request, response) => {
  if (request.url === "/silent") return;
  if (request.url === "/half") {
    response.writeHead(200, { "content-type": "text/plain" }).write("half");
    return;
  }
  response.writeHead(request.url === "/error" ? 500 : 200).end(request.url);
});
const port = await listen(server);
afterAll(() => void server.closeAllConnections());

const at = (path: string, more: Partial<LocatedRequest> = {}): LocatedRequest => ({
  method: "POST",
  url: `http://127.0.0.1:${port}${path}`,
  headers: {},
  body: "{}",
  ...more,
});
const lines: string[] = [];
const log = (line: string) => void lines.push(line);
const send = fetchOnce({ fetch, timeoutMs: 20_000, log });
/** Of a short patience. */
const hasty = fetchOnce({ fetch, timeoutMs: 500, log });

describe("one exchange", () => {
  test("is told in one log line", async () => {
    lines.length = 0;
    expect(asString(await (await send(at("/a"))).text())).toBe("/a");
    expect(lines).toEqual([`POST http://127.0.0.1:${port}/a → 200`]);
  });

  test("fails where the head or the body does not come in time", async () => {
    await expect(hasty(at("/silent"))).rejects.toMatchObject({ code: "timeout" });
    const response = await hasty(at("/half"));
    await expect(response.text()).rejects.toMatchObject({ code: "timeout" });
  });

  test("gives the body a time of its own", async () => {
    const startedMs = performance.now();
    await expect((await send(at("/half", { bodyTimeoutMs: 50 }))).text()).rejects.toMatchObject({
      code: "timeout",
    });
    expect(performance.now() - startedMs).toBeLessThan(5000);
    const patient = await hasty(at("/half", { bodyTimeoutMs: Number.POSITIVE_INFINITY }));
    const read = patient.text().catch(() => "failed");
    expect(await Promise.race([read, sleep(1200).then(() => "still there")])).toBe("still there");
    await patient.discard();
  });

  test("ends with the reason of its signal, before the head and within the body", async () => {
    const reason = new Error("own");
    const abort = new AbortController();
    const sent = send(at("/silent", { signal: abort.signal }));
    setTimeout(() => abort.abort(reason), 20);
    await expect(sent).rejects.toBe(reason);
    const second = new AbortController();
    const response = await send(at("/half", { signal: second.signal }));
    setTimeout(() => second.abort(reason), 20);
    await expect(response.text()).rejects.toBe(reason);
    await expect(send(at("/a", { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });

  test("that is over leaves others alone, however it ended and how often it is let go of", async () => {
    for (let round = 0; round < 5; round++) {
      const gone = await send(at("/half"));
      await gone.discard();
      await gone.discard();
      const dead = new AbortController();
      const cut = send(at("/half", { signal: dead.signal })).then((response) => response.text());
      const calls = Array.from({ length: 8 }, async (_, n) =>
        asString(await (await send(at(`/${n}`))).text()),
      );
      await sleep(5);
      dead.abort(new Error("cut"));
      await expect(cut).rejects.toThrow("cut");
      expect(await Promise.all(calls)).toEqual(Array.from({ length: 8 }, (_, n) => `/${n}`));
      const late = Array.from({ length: 4 }, () => hasty(at("/silent")).catch(({ code }) => code));
      const quick = Array.from({ length: 4 }, async () => (await send(at("/error"))).status);
      expect(await Promise.all(quick)).toEqual([500, 500, 500, 500]);
      expect(await Promise.all(late)).toEqual(["timeout", "timeout", "timeout", "timeout"]);
    }
  }, 20_000);
});
