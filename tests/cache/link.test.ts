import { expect, test } from "bun:test";
import { parseCacheAddress } from "../../lib/cache/address.ts";
import { type CacheLink, createCacheLink } from "../../lib/cache/link.ts";
import { serveTcp } from "../support/net/listen.ts";
import { sleep } from "../support/waiting.ts";

/** A cache that cuts off whoever comes, or says nothing, for as long as it is told to; and a way to it. */
async function startCache() {
  const cache = { does: "cut" as "cut" | "stall" | "answer", come: 0 };
  const { port, stop } = await serveTcp((socket) => {
    cache.come++;
    if (cache.does === "cut") socket.destroy();
    else socket.on("data", () => cache.does === "answer" && socket.write("$1\r\n1\r\n"));
  });
  const link = createCacheLink(parseCacheAddress(`redis://127.0.0.1:${port}`), async () => ({}), {
    failed() {},
    serves() {},
  });
  return { cache, link, stop };
}

const ask = (link: CacheLink) => link.ask((command) => command("GET", "name"));

/** How long it takes until it is asked again and answers, in ms. */
async function untilServed(link: CacheLink): Promise<number> {
  const startMs = performance.now();
  while ((await ask(link)) === undefined && performance.now() - startMs < 5000) await sleep(20);
  return performance.now() - startMs;
}

test("what was asked at once fails once: a cache that cuts off is asked again after a second", async () => {
  const { cache, link, stop } = await startCache();
  expect(await Promise.all(Array.from({ length: 16 }, () => ask(link)))).toEqual(Array(16).fill(undefined));
  cache.does = "answer";
  expect(await untilServed(link)).toBeLessThan(2500);
  stop();
});

test("one that says nothing any more is left alone, whatever else was asked of it by then", async () => {
  const { cache, link, stop } = await startCache();
  cache.does = "answer";
  expect(await ask(link)).toBe("1");
  cache.does = "stall";
  const asked = [];
  for (let count = 0; count < 8; count++) {
    asked.push(ask(link));
    await sleep(50);
  }
  const { come } = cache;
  expect(await Promise.all(asked)).toEqual(Array(8).fill(undefined));
  expect(cache.come).toBe(come);
  cache.does = "answer";
  expect(await untilServed(link)).toBeLessThan(2500);
  stop();
});
