// Credentials of one of several servers that are no good any more, and what is written down of calls to each.
import { expect, test } from "bun:test";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { call, DISCOVER, INITIALIZE, INITIALIZED, modern, request } from "../../support/messages.ts";
import { granted, refuseToken, startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { until } from "../../support/waiting.ts";
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

test("an authorization server that cannot issue a token for now takes its server away, and what is subscribed comes back with it", async () => {
  let [isBusy, listens] = [false, 0];
  const world = home.owns(
    await startScriptedWorld({
      token: (params, response, request) =>
        isBusy
          ? refuseToken(response, "temporarily_unavailable", "back soon", 503)
          : granted(1)(params, response, request),
      before(request, response) {
        const isListen = request.headers["mcp-method"] === "subscriptions/listen";
        if (!isListen || !request.headers.authorization) return false;
        listens++;
        response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
        return true;
      },
    }),
  );
  const login = await home.run(["login", world.url, "@busy", "--client-id", "c"], {
    env: { M2MCP_CLIENT_SECRET: "right" },
  });
  expect(login.code).toBe(0);
  await saved(home, "stays", "modern");
  const bridge = startBridge(home, ["@busy", "@stays"]);
  bridge.say(DISCOVER);
  await bridge.answer("init");
  isBusy = true;
  // The token that there is must be over.
  await Bun.sleep(1100);
  bridge.say(modern(request(2, "subscriptions/listen", { notifications: { toolsListChanged: true } })));
  await bridge.hear(() => /@busy is away[^\n]*temporarily_unavailable/.test(bridge.stderr()), 15_000);
  expect(listens).toBe(0);
  isBusy = false;
  await until(() => listens > 0, 45_000);
  await bridge.stop();
}, 90_000);

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
