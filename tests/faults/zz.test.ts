// Sessions that are lost again and again, in every way that servers have of saying so, under a bridge and under many
// commands on one profile: nobody notices. `bun run soak` does it at length.
import { expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { createHome, type Home, inHome } from "../support/home.ts";
import { startReplicas, WAYS_TO_REFUSE } from "../support/mcp/replicas.ts";
import { json, result } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, initialize, request } from "../support/messages.ts";
import { createRandom } from "../support/random.ts";
import { sleep } from "../support/waiting.ts";

const CALLS = Number(process.env.M2MCP_RECOVERY_CALLS ?? 1500);
const COMMANDS = Number(process.env.M2MCP_RECOVERY_COMMANDS ?? 150);
const IN_FLIGHT = 16;
const COMMANDS_AT_ONCE = 8;
/** Numbers of the commands' calls begin here, so that the server sees whose they are. */
const FIRST_COMMAND = 1_000_000;
const BRIDGE_CLIENT = "raw";

const toolOf = (n: number) => (n % 2 === 0 ? "look" : "once");

/** Runs `work` for each number, so many at once. */
async function each(from: number, count: number, atOnce: number, work: (n: number) => Promise<void>) {
  let next = from;
  const worker = async () => {
    while (next < from + count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Calls over a bridge; resolves with the answers that are not right. */
async function overBridge(home: Home): Promise<unknown[]> {
  const wrong: unknown[] = [];
  const bridge = startBridge(home, ["@svc", "--timeout", "30"]);
  bridge.say(initialize(), INITIALIZED, request("list", "tools/list"));
  await bridge.answer("list");
  await each(0, CALLS, IN_FLIGHT, async (n) => {
    bridge.say(call(n, toolOf(n), { n }));
    const { result, error } = await bridge.answer(n, 60_000);
    if (result?.content?.[0]?.text !== `said ${n}`) wrong.push({ n, result, error });
  });
  expect(await bridge.end()).toBe(0);
  const ids = bridge.heard.filter(({ method }) => method === undefined).map(({ id }) => id);
  expect(ids).toHaveLength(CALLS + 2);
  expect(new Set(ids).size).toBe(CALLS + 2);
  return wrong;
}

/** Calls by commands that share one profile; resolves with the outcomes that are not right. */
async function byCommands(home: Home): Promise<unknown[]> {
  const wrong: unknown[] = [];
  await each(FIRST_COMMAND, COMMANDS, COMMANDS_AT_ONCE, async (n) => {
    const { code, stdout, stderr } = await home.run([
      "@svc",
      "tools-call",
      toolOf(n),
      `n:=${n}`,
      "--verbose",
    ]);
    if (code !== 0 || stdout !== `said ${n}\n`) wrong.push({ n, code, stdout, stderr });
  });
  return wrong;
}

test("recovery: every answer is the right one, none is given twice, and it costs few requests", async () => {
  const seed = Number(process.env.M2MCP_SOAK_SEED ?? Date.now() % 1_000_000);
  console.log(`recovery seed ${seed} (M2MCP_SOAK_SEED repeats it)`);
  const home = createHome();
  home.env.M2MCP_STORE = "file";
  try {
    // So often that both meet every way of refusing, with some to spare.
    const enough = Object.keys(WAYS_TO_REFUSE).length * 1.5;
    const lossEvery = (client: string) =>
      Math.floor(client === BRIDGE_CLIENT ? Math.min(CALLS / enough, 150) : Math.min(COMMANDS / enough, 40));
    const server = home.owns(await startReplicas(createRandom(seed), lossEvery));
    expect(await home.run(["connect", server.url, "@svc"])).toMatchObject({ code: 0 });
    const startedMs = performance.now();
    const [wrongInBridge, wrongInCommands] = await Promise.all([overBridge(home), byCommands(home)]);
    const tookS = (performance.now() - startedMs) / 1000;
    const requests = server.seen.length;
    const lost = [...server.losses].map(([client, times]) => `${client} ${times}`).join(", ");
    console.log(`${CALLS} calls and ${COMMANDS} commands in ${tookS.toFixed(1)} s: ${requests} requests`);
    console.log(`lost sessions: ${lost}; handshakes ${server.count("initialize")}`);
    expect(wrongInBridge.slice(0, 10)).toEqual([]);
    expect(wrongInCommands.slice(0, 10)).toEqual([]);
    expect([...server.once].filter(([, times]) => times !== 1)).toEqual([]);
    for (const met of server.refused.values())
      expect([...met].sort()).toEqual(Object.keys(WAYS_TO_REFUSE).sort());
    expect(server.refused.size).toBe(2);
    expect(requests).toBeLessThanOrEqual((CALLS + COMMANDS) * 1.5);
  } finally {
    await home.remove();
  }
}, 600_000);

for (const [way, refuse] of Object.entries(WAYS_TO_REFUSE))
  test.concurrent(
    `recovery: a session that is lost again before it answered is opened once more for later calls (${way})`,
    inHome(async (home) => {
      const lost = new Set<string>();
      const server = await startLegacyServer(
        ({ id, session }, response) => json(response, result(id, session)),
        {
          before(asked) {
            if (asked.method === "" || !lost.has(asked.session ?? "")) return false;
            refuse(asked);
            return true;
          },
        },
      );
      const { say, answer } = startBridge(home, [home.owns(server).url]);
      say(INITIALIZE, INITIALIZED, call(2));
      expect((await answer(2)).result.text).toBe("s1");
      lost.add("s1").add("s2");
      // The call that meets both losses may be told so.
      say(call(3));
      await answer(3);
      await sleep(500);
      say(call(4));
      await answer(4);
      await sleep(500);
      say(call(5), call(6));
      for (const id of [5, 6]) expect((await answer(id)).result?.text).toMatch(/^s[3-9]$/);
      expect(server.count("initialize")).toBeLessThan(6);
    }),
    60_000,
  );
