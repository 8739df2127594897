// A server of several that goes, comes, is slow or was never there takes only its own with it, and that is said.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { reply, says } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { call, INITIALIZE, INITIALIZED, request } from "../../support/messages.ts";
import type { AnyClient, Json } from "../../support/sdk-clients.ts";
import { sleep, until } from "../../support/waiting.ts";
import { CLIENTS, KINDS, type Kind, save, saved } from "./servers.ts";

const home = homeForEachTest();
const said = (result: Json) => (result.content as { text: string }[])[0]?.text;
const toolNames = async (it: AnyClient) => {
  const names: string[] = [];
  for (let cursor: unknown, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await it.request("tools/list", cursor === undefined ? {} : { cursor });
    names.push(...(page.tools as { name: string }[]).map(({ name }) => name));
    cursor = page.nextCursor;
  }
  return names;
};
const listed = (...names: string[]) => ({
  tools: names.map((name) => ({ name, inputSchema: { type: "object" } })),
});

for (const era of ["legacy", "modern"] as const)
  for (const kind of Object.keys(KINDS) as Kind[])
    describe(`${era} client, ${kind} server`, () => {
      test("goes in the middle of a session, and comes back: the other goes on, and the lists are told of both", async () => {
        await saved(home, "stays", era === "legacy" ? "modern" : "legacy");
        const goes = await saved(home, "goes", kind);
        const it = await CLIENTS[era]({ url: "@stays", args: ["@goes"], env: home.env });
        const stop = await it.watch([]);
        expect((await toolNames(it)).includes("goes_echo")).toBe(true);
        const changes = () =>
          it.heard.filter(({ method }) => method === "notifications/tools/list_changed").length;
        await goes.door.shut();
        await until(() => changes() > 0, 15_000);
        expect(said(await it.call("stays_echo", { text: "still here" }))).toBe("still here");
        expect((await toolNames(it)).filter((name) => name.startsWith("goes_"))).toEqual([]);
        const error = await it.call("goes_echo", {}).catch((failure: unknown) => failure);
        expect(error).toMatchObject({ data: { source: "m2mcp", code: "server_away" } });
        const status = async () => JSON.parse((await home.run(["status", "@goes", "--json"])).stdout).bridges;
        for (let tries = 0; (await status())[0]?.servers[1].away === null && tries < 50; tries++)
          await sleep(50);
        expect(await status()).toMatchObject([
          {
            target: "@stays @goes",
            servers: [
              { target: "@stays", away: null },
              { target: "@goes", away: expect.stringContaining("refused") },
            ],
          },
        ]);
        const before = changes();
        await goes.door.open();
        await until(() => changes() > before, 15_000);
        expect((await toolNames(it)).includes("goes_echo")).toBe(true);
        expect(said(await it.call("goes_echo", { text: "back" }))).toBe("back");
        await stop();
        await it.close();
      });

      test("is not there at the start, and comes later", async () => {
        await saved(home, "stays", "legacy");
        const late = await saved(home, "late", kind);
        await late.door.shut();
        const it = await CLIENTS[era]({ url: "@late", args: ["@stays"], env: home.env });
        const stop = await it.watch([]);
        expect((await toolNames(it)).length).toBeGreaterThan(10);
        expect(said(await it.call("echo", { text: "alone" }))).toBe("alone");
        const from = it.heard.length;
        await late.door.open();
        await until(
          () => it.heard.slice(from).some(({ method }) => method.endsWith("tools/list_changed")),
          40_000,
        );
        expect((await toolNames(it)).includes("late_echo")).toBe(true);
        // It was told who the client is: it may ask it.
        expect(said(await it.call("late_ask"))).toBe("accept Ada");
        await stop();
        await it.close();
      });
    });

test("one that is slow holds nobody up, and comes in when it has answered", async () => {
  let hold: Promise<void> | undefined;
  const slow = home.owns(
    await startLegacyServer(
      (asked) => (asked.method === "tools/list" ? reply(asked, listed("late")) : reply(asked, says("slow"))),
      {
        before(asked) {
          if (asked.method !== "initialize" || !hold) return false;
          const held = hold;
          hold = undefined;
          void held.then(() =>
            reply(asked, {
              protocolVersion: "2025-11-25",
              capabilities: { tools: {} },
              serverInfo: { name: "s", version: "1" },
            }),
          );
          return true;
        },
      },
    ),
  );
  await save(home, "slow", slow.url).catch(() => {});
  hold = sleep(13_000);
  await saved(home, "quick", "legacy");
  const bridge = startBridge(home, ["@slow", "@quick", "--timeout", "30"]);
  const fromMs = performance.now();
  bridge.say(INITIALIZE);
  const answer = await bridge.answer(1);
  expect(performance.now() - fromMs).toBeLessThan(6000);
  expect(answer.result.instructions).toContain("# quick");
  bridge.say(INITIALIZED, request(2, "tools/list"));
  expect(JSON.stringify((await bridge.answer(2)).result)).not.toContain('"late"');
  await bridge.hear(({ method }) => method === "notifications/tools/list_changed");
  bridge.say(request(3, "tools/list"), call(4, "late"));
  expect(JSON.stringify((await bridge.answer(3)).result)).toContain('"late"');
  expect((await bridge.answer(4)).result).toEqual(says("slow"));
  await bridge.stop();
}, 60_000);

test("a list that is always slow is shown late, and does not make the host list without end", async () => {
  const slow = home.owns(
    await startLegacyServer(async (asked) => {
      if (asked.method !== "tools/list") return reply(asked, says("slow"));
      await sleep(5600);
      return reply(asked, listed("late"));
    }),
  );
  await save(home, "slow", slow.url);
  await saved(home, "quick", "legacy");
  const bridge = startBridge(home, ["@slow", "@quick"]);
  bridge.say(INITIALIZE, INITIALIZED, request(2, "tools/list"));
  expect(JSON.stringify((await bridge.answer(2)).result)).not.toContain('"late"');
  await bridge.hear(({ method }) => method === "notifications/tools/list_changed");
  const told = () =>
    bridge.heard.filter(({ method }) => method === "notifications/tools/list_changed").length;
  const before = told();
  bridge.say(request(3, "tools/list"));
  expect(JSON.stringify((await bridge.answer(3)).result)).toContain('"late"');
  await sleep(1500);
  expect(told()).toBe(before);
  await bridge.stop();
}, 60_000);

test("where none is there the handshake is an error that names each, and a later one succeeds", async () => {
  const [a, b] = [await saved(home, "a", "legacy"), await saved(home, "b", "modern")];
  await a.door.shut();
  await b.door.shut();
  const bridge = startBridge(home, ["@a", "@b"]);
  bridge.say(INITIALIZE);
  const { error } = await bridge.answer(1, 30_000);
  expect(error.data).toMatchObject({ source: "m2mcp", code: "all_away" });
  expect(error.message).toMatch(/@a: .*refused.*@b: .*refused/);
  expect(bridge.stderr()).toMatch(/warning: @a is away[^\n]*refused/);
  await a.door.open();
  await b.door.open();
  bridge.say({ ...INITIALIZE, id: 2 });
  expect((await bridge.answer(2, 30_000)).result.serverInfo.name).toBe("m2mcp");
  bridge.say(INITIALIZED);
  const isWhole = async (id: number) => {
    bridge.say(request(id, "tools/list"));
    return JSON.stringify((await bridge.answer(id)).result).includes("a_echo");
  };
  // The one that was looked for first may be back before the other.
  for (let id = 3; !(await isWhole(id)) && id < 100; id++) await sleep(50);
  bridge.say(call(1000, "b_echo", { text: "there" }));
  expect((await bridge.answer(1000)).result).toMatchObject(says("there"));
  await bridge.stop();
}, 90_000);
