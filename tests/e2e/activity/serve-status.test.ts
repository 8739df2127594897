// `m2mcp serve` as `status` and `logs` show it.
import { expect, test } from "bun:test";
import { homeForEachTest } from "../../support/home.ts";
import { connectLegacy } from "../../support/sdk-clients.ts";
import { startServe } from "../../support/serve.ts";
import { logIn, startWorld } from "../../support/world.ts";

const home = homeForEachTest();

test("a serve is shown with where it is found, its calls and its log, and is gone when it has ended", async () => {
  const world = await startWorld();
  home.owns({ stop: () => world.end() });
  await logIn(world, home);
  const serve = await startServe(home, ["@svc"]);
  const client = await connectLegacy({ url: world.mcp.url, env: home.env, served: serve.url });
  await client.call("add", { a: 1, b: 2 });
  let shown = { bridges: [] as Record<string, unknown>[] };
  for (let look = 0; look < 40 && shown.bridges[0]?.calls !== 1; look++)
    shown = JSON.parse((await home.run(["status", "--json"])).stdout);
  expect(shown.bridges).toMatchObject([
    { target: "@svc", server: world.mcp.url, calls: 1, errors: 0, servingAt: serve.url, pid: serve.pid },
  ]);
  expect((await home.run(["status", "@svc"])).stdout).toContain(`serves at ${serve.url}`);
  expect((await home.run(["doctor", "@svc"])).stdout).toContain(`serve: serves at ${serve.url}`);
  await client.close();
  expect(await serve.stop()).toBe(0);
  expect((await home.run(["logs", "@svc"])).stdout).toMatch(
    /endpoint for @svc, http:\S+ began [\s\S]* serve ended: \d+ requests, 1 of them calls of tools, 0 errors/,
  );
  expect(JSON.parse((await home.run(["status", "--json"])).stdout).bridges).toEqual([]);
  expect((await home.run(["doctor", "@svc"])).stdout).not.toContain("serves at");
}, 60_000);
