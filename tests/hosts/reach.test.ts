// Whether a process that has requests of ours is still there.
import { expect, test } from "bun:test";
import { watchPeer } from "../../lib/hosts/serve/reach.ts";
import { serveHttp } from "../support/net/listen.ts";
import { until } from "../support/waiting.ts";

test("a process that refuses each look, for all its connections are taken, is alive", async () => {
  let looks = 0;
  const { origin, stop } = await serveHttp((_request, response) => {
    looks++;
    // One way and the other.
    if (looks % 2 === 0) response.writeHead(503).end();
    else response.socket?.destroy();
  });
  let isCut = false;
  const end = watchPeer({ watches: new Map(), reached: new Map() }, new URL(origin).host, () => {
    isCut = true;
  });
  // Silent as often it would be given up.
  await until(() => looks > 4, 30_000);
  expect(isCut).toBe(false);
  end();
  await stop();
}, 40_000);
