// The life of tokens over a day, at speed-up: from each kind of source, under load, while sources are missing for a
// while, slow, garbage and cut off, and clocks are ten minutes off: no call fails while there is a good token. At
// length, with M2MCP_DAY_RENEWALS=200: bun run soak.
import { expect, test } from "bun:test";
import { type Bridge, startBridge } from "../support/bridge.ts";
import { createHome, type Home } from "../support/home.ts";
import { call, INITIALIZE, INITIALIZED } from "../support/messages.ts";
import { type DayWorld, KINDS, optionsOf, startDayWorld } from "../support/oauth/day-world.ts";
import { createRandom } from "../support/random.ts";
import { sleep } from "../support/waiting.ts";

/** Renewals of each source before a day is over. */
const RENEWALS = Number(process.env.M2MCP_DAY_RENEWALS ?? 4);
const BRIDGES = 2;
const LIMIT_MS = 60_000 + RENEWALS * 15_000;

const platformEnv = (world: DayWorld) => ({
  ACTIONS_ID_TOKEN_REQUEST_URL: `${world.origin}/platform?a=b`,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job",
});

/** Calls by turns until the day is over; what failed, in words. @param leftMs of the newest good token */
async function callOn(
  { say, answer }: Bridge,
  isOver: () => boolean,
  everyMs: number,
  leftMs: () => number,
): Promise<string[]> {
  const failed: string[] = [];
  say(INITIALIZE);
  await answer(1);
  say(INITIALIZED);
  for (let id = 2; !isOver(); id++) {
    say(call(id, "there"));
    const { error } = await answer(id, 60_000);
    if (error) failed.push(`${leftMs()} ms before the end: ${error.data?.code}: ${error.message}`);
    await sleep(everyMs);
  }
  return failed;
}

/** What a variable holds is good for as long as a command runs: each has the one of its time. */
async function callByVariable(world: DayWorld, home: Home, isOver: () => boolean): Promise<string[]> {
  const failed: string[] = [];
  while (!isOver()) {
    const env = { M2MCP_TOKEN: await world.mint() };
    const { code, stderr } = await home.run(["tools-call", world.url, "there"], { env });
    if (code !== 0) failed.push(stderr);
    await sleep(1000);
  }
  return failed;
}

async function oneDay(skewMs: number, seed: number): Promise<void> {
  console.log(`skew ${skewMs / 1000} s, seed ${seed} (M2MCP_SOAK_SEED repeats it)`);
  const home = createHome();
  const world = home.owns(await startDayWorld({ skewMs, faults: 0.4, random: createRandom(seed) }));
  const env = { ...platformEnv(world), M2MCP_STORE: "file" };
  try {
    for (const kind of KINDS) {
      const options = optionsOf(kind, world, home.folder);
      if (kind === "file") await world.renew(options[1] ?? "");
      const login = await home.run(["login", world.url, `@${kind}`, ...options], { env });
      expect([kind, login.code, login.stderr]).toEqual([kind, 0, login.stderr]);
    }
    const isOver = () => KINDS.every((kind) => world.of[kind].accepted.size > RENEWALS);
    const runs = KINDS.flatMap((kind) =>
      Array.from({ length: BRIDGES }, async () => {
        const bridge = startBridge(home, [`@${kind}`], { env });
        const leftMs = () => world.of[kind].newestEndsMs - Date.now();
        const failed = await callOn(bridge, isOver, 120, leftMs);
        expect(await bridge.end()).toBe(0);
        return failed.map((words) => `${kind}: ${words}`);
      }),
    );
    const failed = (await Promise.all([...runs, callByVariable(world, home, isOver)])).flat();
    expect(failed).toEqual([]);
    const told = KINDS.map((kind) => `${kind} ${world.of[kind].accepted.size}/${world.of[kind].faults}`);
    console.log(
      `skew ${skewMs / 1000} s: ${world.calls} calls, ${world.refused} refusals mended; tokens/faults: ${told.join(", ")}`,
    );
    expect(KINDS.reduce((sum, kind) => sum + world.of[kind].faults, 0)).toBeGreaterThan(0);
  } finally {
    await home.remove();
  }
}

test(
  "no call fails while there is a good token, whatever its source does, and clocks ten minutes off",
  async () => {
    const seed = Number(process.env.M2MCP_SOAK_SEED ?? Date.now() % 1_000_000);
    await Promise.all([oneDay(600_000, seed), oneDay(-600_000, seed + 1)]);
  },
  LIMIT_MS,
);

test(
  "twenty processes that share a store ask once for each renewal",
  async () => {
    const renewals = RENEWALS > 4 ? RENEWALS : 2;
    const home = createHome();
    const world = home.owns(await startDayWorld({ skewMs: 0, faults: 0, random: createRandom(1) }));
    const env = { M2MCP_STORE: "file" };
    try {
      const login = await home.run(
        ["login", world.url, "@svc", ...optionsOf("command", world, home.folder)],
        {
          env,
        },
      );
      expect([login.code, login.stderr]).toEqual([0, login.stderr]);
      const { command } = world.of;
      const isOver = () => command.accepted.size > renewals;
      const runs = Array.from({ length: 20 }, () =>
        callOn(startBridge(home, ["@svc"], { env }), isOver, 250, () => command.newestEndsMs - Date.now()),
      );
      expect((await Promise.all(runs)).flat()).toEqual([]);
      console.log(`${command.asked} requests for ${command.accepted.size} tokens of twenty processes`);
      // The last may be on its way.
      expect(command.asked - command.accepted.size).toBeLessThanOrEqual(1);
    } finally {
      await home.remove();
    }
  },
  LIMIT_MS,
);
