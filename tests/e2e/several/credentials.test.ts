// Credentials of one of several servers that are no good any more, and what is written down of calls to each.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED, request } from "../../support/messages.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { saved } from "./servers.ts";

const home = homeForEachTest();

test("a secret that is refused takes only its own server away, with the reason, and is not tried without end", async () => {
  const world = home.owns(await startSmallWorld());
  Object.assign(world, { secret: "right", lifeS: 1 });
  const login = await home.run(["login", world.url, "@shut", "--client-id", "c"], {
    env: { M2MCP_CLIENT_SECRET: "right" },
  });
  expect(login.code).toBe(0);
  await saved(home, "stays", "legacy");
  world.secret = "another";
  await Bun.sleep(1500);
  const before = world.secrets.length;
  const bridge = startBridge(home, ["@shut", "@stays"]);
  bridge.say(INITIALIZE);
  expect((await bridge.answer(1)).result.instructions).toContain("# stays");
  bridge.say(INITIALIZED, request(2, "tools/list"), call(3, "echo", { text: "on" }));
  expect(JSON.stringify((await bridge.answer(2)).result)).not.toContain("there");
  expect((await bridge.answer(3)).result.content[0].text).toBe("on");
  await bridge.hear(() => /@shut is away/.test(bridge.stderr()), 10_000);
  expect(bridge.stderr()).toMatch(/warning: @shut is away[^\n]*(invalid_client|secret|refused)/);
  expect(bridge.stderr()).not.toContain("right");
  await Bun.sleep(3000);
  expect(world.secrets.length - before).toBeLessThan(8);
  await bridge.stop();
}, 60_000);

test("--audit has each call once, under the profile and the own name of its server", async () => {
  await saved(home, "a", "legacy");
  await saved(home, "b", "modern");
  const file = join(home.folder, "audit.jsonl");
  const bridge = startBridge(home, ["@a", "@b", "--audit", file]);
  bridge.say(INITIALIZE, INITIALIZED, request(2, "tools/list"));
  await bridge.answer(2);
  for (const [at, name] of ["a_echo", "b_echo", "b_sum", "a_nothing"].entries()) {
    bridge.say(call(10 + at, name, { text: "x", a: 1, b: 2 }));
    await bridge.answer(10 + at);
  }
  await bridge.end();
  const lines = (await Bun.file(file).text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const calls = lines.filter(({ tool }) => tool);
  expect(calls.map(({ profile, tool }) => `${profile} ${tool}`)).toEqual(["@a echo", "@b echo", "@b sum"]);
});
