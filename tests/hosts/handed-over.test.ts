// What one process of `serve` hands to the one that has the session.
import { expect, test } from "bun:test";
import { createServer, type RequestListener } from "node:http";
import { Reply } from "../../lib/hosts/serve/http/reply.ts";
import { forward } from "../../lib/hosts/serve/peers.ts";
import { close, listen } from "../support/net/listen.ts";

type Context = Parameters<typeof forward>[0];

/** A process before another one. @returns what came of each request, as `forward` says */
async function before(other: RequestListener, gone: AbortSignal) {
  // It is asked whether it lives before it is handed anything.
  const peer = createServer((asked, response) =>
    asked.url === "/healthz" ? void response.end("ok") : other(asked, response),
  );
  const address = `127.0.0.1:${await listen(peer)}`;
  const context = { reached: new Map(), watches: new Map() } as unknown as Context;
  const outcomes: boolean[] = [];
  const front = createServer(async (incoming, response) => {
    const reply = new Reply(response);
    const isDone = await forward(context, incoming, reply, { address, body: Buffer.from("{}"), gone });
    outcomes.push(isDone);
    if (!isDone) reply.whole(503);
  });
  const url = `http://127.0.0.1:${await listen(front)}/mcp`;
  return {
    outcomes,
    post: async () => (await fetch(url, { method: "POST", body: "{}" })).text(),
    end: async () => void (await Promise.all([close(front), close(peer)])),
  };
}

test("a holder's signal keeps nothing of the requests that it has answered", async () => {
  const { signal } = new AbortController();
  const kept = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, run: EventListener, options?: AddEventListenerOptions) => {
    kept.add(run);
    add(type, run, options);
  };
  signal.removeEventListener = (type: string, run: EventListener) => {
    kept.delete(run);
    remove(type, run);
  };
  const { post, outcomes, end } = await before((asked, response) => {
    asked.resume().on("end", () => response.end("{}"));
  }, signal);
  for (let at = 0; at < 5; at++) expect(await post()).toBe("{}");
  expect(outcomes).toEqual(Array(5).fill(true));
  expect(kept.size).toBe(0);
  await end();
});

test("a holder that is given up before it has the request does not get it", async () => {
  let asked = 0;
  const { post, outcomes, end } = await before(() => asked++, AbortSignal.abort());
  await post();
  expect([outcomes, asked]).toEqual([[false], 0]);
  await end();
});
