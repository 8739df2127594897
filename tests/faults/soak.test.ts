// Thousands of requests to a real server through a proxy that injects faults at random, from a printed seed:
// each id is answered once, none twice, no call that may not be repeated is, and nothing is used up.

import { expect, test } from "bun:test";
import { createHome } from "../support/home.ts";
import { startCountingServer } from "../support/mcp/counting-server.ts";
import { call, INITIALIZED, initialize, lines, request } from "../support/messages.ts";
import { startFaultProxy } from "../support/net/fault-proxy.ts";
import { descriptors, memoryMb } from "../support/process.ts";
import { createRandom } from "../support/random.ts";
import { sleep, until } from "../support/waiting.ts";

const REQUESTS = Number(process.env.M2MCP_SOAK_REQUESTS ?? 20_000);
const IN_FLIGHT = 64;
const SHARE = 0.3;

test("each request is answered once, whatever the network does; memory and descriptors stay flat", async () => {
  const seed = Number(process.env.M2MCP_SOAK_SEED ?? Date.now() % 1_000_000);
  console.log(`soak seed ${seed} (M2MCP_SOAK_SEED repeats it)`);
  const home = createHome();
  const server = home.owns(await startCountingServer());
  const proxy = home.owns(await startFaultProxy(server.url, createRandom(seed), SHARE));
  const child = home.start(["bridge", proxy.url, "--timeout", "30"]);
  child.stderr.resume();

  const answers = new Map<unknown, number>();
  const errors = new Map<string, number>();
  const wrong: string[] = [];
  const memory: number[] = [];
  let next = 1;
  let answered = 0;
  let listChanges = 0;
  const say = (...messages: unknown[]) => child.stdin.write(lines(...messages));
  const numbered = (n: number) => call(n, n % 2 === 0 ? "look" : "once", { n });
  const startedMs = performance.now();
  let rest = "";
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) {
      const message = JSON.parse(line);
      if (message.method !== undefined) {
        if (message.method === "notifications/tools/list_changed") listChanges++;
        continue;
      }
      answers.set(message.id, (answers.get(message.id) ?? 0) + 1);
      if (typeof message.id !== "number") continue;
      if (message.error) {
        const kind = String(message.error.data?.code ?? message.error.code);
        errors.set(kind, (errors.get(kind) ?? 0) + 1);
      } else if (message.result.content[0].text !== `said ${message.id}`) wrong.push(line);
      answered++;
      if (answered % (REQUESTS / 10) === 0) memory.push(memoryMb(child.pid));
      if (next <= REQUESTS) say(numbered(next++));
      else if (answered === REQUESTS) finish();
    }
  });
  say(initialize(), INITIALIZED, request("list", "tools/list"));
  await until(() => answers.has("list"));
  const openBefore = descriptors(child.pid);
  proxy.faulty = true;
  while (next <= IN_FLIGHT) say(numbered(next++));
  await finished;
  proxy.faulty = false;
  const tookMs = performance.now() - startedMs;
  await sleep(500);
  const openAfter = descriptors(child.pid);
  const ended = new Promise((resolve) => child.on("close", resolve));
  child.stdin.end();
  const code = await ended;
  const leftOpen = server.leftOpen();
  await home.remove();

  const count = (counts: Map<string, number>) =>
    [...counts].map(([kind, times]) => `${kind} ${times}`).join(", ");
  console.log(`${answered} answers in ${(tookMs / 1000).toFixed(1)} s; errors: ${count(errors)}`);
  console.log(`faults: ${count(proxy.done)}; list changes ${listChanges}`);
  console.log(
    `memory ${memory.map((mb) => mb.toFixed(0)).join(" ")} MB, descriptors ${openBefore} → ${openAfter}`,
  );
  expect(code).toBe(0);
  expect(wrong).toEqual([]);
  expect(answers.size).toBe(REQUESTS + 2);
  expect([...answers].filter(([, times]) => times !== 1)).toEqual([]);
  expect([...server.once].filter(([, times]) => times !== 1)).toEqual([]);
  const failed = [...errors.values()].reduce((sum, times) => sum + times, 0);
  expect(failed).toBeGreaterThan(REQUESTS / 50);
  expect(failed).toBeLessThan(REQUESTS / 3);
  expect(proxy.done.get("session lost") ?? 0).toBeGreaterThan(0);
  expect(listChanges).toBeGreaterThan(0);
  expect(leftOpen).toBe(false);
  // What is leaked grows with the requests: the second half must not stand above the first.
  const half = memory.length / 2;
  expect(Math.max(...memory.slice(half))).toBeLessThan(Math.max(...memory.slice(0, half)) * 1.2 + 20);
  // One idle connection for each request that was in flight, and a few for the streams beside them.
  expect(openAfter).toBeLessThan(openBefore + IN_FLIGHT + 32);
}, 240_000);
