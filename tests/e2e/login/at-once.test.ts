// Commands that change one profile at the same time: nothing that another one has set is lost, or comes back.
import { beforeEach, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { discovered } from "../../support/mcp/scripted-modern.ts";
import { GRANTED, type ScriptedWorld, startScriptedWorld } from "../../support/oauth/scripted-world.ts";
import { until } from "../../support/waiting.ts";

const home = homeForEachTest();
const SECRET = { env: { M2MCP_CLIENT_SECRET: "s3cr3t-value" } };
let world: ScriptedWorld;
/** What waits at the server for the test, and whether anything does. */
let held: (() => void)[];
let holding: "nothing" | "tokens" | "calls";

beforeEach(async () => {
  held = [];
  holding = "nothing";
  world = home.owns(
    await startScriptedWorld({
      token: (_params, response) => {
        const grant = () => json(response, GRANTED);
        if (holding === "tokens") held.push(grant);
        else grant();
      },
      before: (request, response, body) => {
        if (holding !== "calls" || request.headers.authorization === undefined) return false;
        const { id } = JSON.parse(body);
        const result = { ttlMs: 0, cacheScope: "private", ...discovered({ tools: {} }) };
        held.push(() => json(response, { jsonrpc: "2.0", id, result }));
        return true;
      },
    }),
  );
  expect((await login("@svc")).code).toBe(0);
});

const login = (...more: string[]) => home.run(["login", world.url, ...more, "--client-id", "id"], SECRET);
const profiles = async () => JSON.parse((await home.run(["profiles", "--json"])).stdout).profiles;
const settings = async () => JSON.parse((await home.run(["config", "@svc", "--json"])).stdout).settings;
function release() {
  holding = "nothing";
  for (const go of held.splice(0)) go();
}

test("what config sets while a login renews its profile is kept", async () => {
  holding = "tokens";
  const renewal = login("@svc");
  await until(() => held.length === 1);
  expect((await home.run(["config", "@svc", "timeout=8", "read-only=yes", "header=X-A: b"])).code).toBe(0);
  release();
  expect((await renewal).code).toBe(0);
  expect(await settings()).toMatchObject({ timeout: "8", "read-only": "yes", header: "X-A: …" });
});

test("a profile that is removed while config waits for a secret does not come back", async () => {
  const [begun, go] = [join(home.folder, "begun"), join(home.folder, "go")];
  const command = `touch ${begun}; until [ -e ${go} ]; do sleep 0.02; done; echo another`;
  const change = home.run(["config", "@svc", `client-secret-command=${command}`]);
  await until(() => existsSync(begun));
  // Nobody waits for the secret.
  expect((await home.run(["logout", "@svc"])).code).toBe(0);
  writeFileSync(go, "");
  expect(await change).toMatchObject({ code: 1, stderr: expect.stringContaining("no profile @svc") });
  expect(await profiles()).toEqual([]);
});

test("a secret that comes slowly is set beside what another command sets meanwhile, and read once", async () => {
  const [begun, go] = [join(home.folder, "begun"), join(home.folder, "go")];
  const command = `echo x >> ${begun}; until [ -e ${go} ]; do sleep 0.02; done; echo another`;
  const change = home.run(["config", "@svc", "scope=a", `client-secret-command=${command}`]);
  await until(() => existsSync(begun));
  expect((await home.run(["config", "@svc", "audience=b"])).code).toBe(0);
  writeFileSync(go, "");
  expect((await change).code).toBe(0);
  expect(await settings()).toMatchObject({ scope: "a", audience: "b" });
  expect(await Bun.file(begun).text()).toBe("x\n");
  expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
});

test("a login under the name that connect is about to save keeps its credentials", async () => {
  holding = "calls";
  const connect = home.run(["connect", "@svc", "@b"]);
  await until(() => held.length === 1);
  const first = held.splice(0);
  holding = "nothing";
  expect((await login("@b")).code).toBe(0);
  for (const go of first) go();
  expect((await connect).code).toBe(0);
  expect((await home.run(["logout", "@svc"])).stdout).toBe("removed @svc with its secrets and tokens\n");
  expect((await home.run(["@b", "tools-list"])).code).toBe(0);
});

test("logins for two servers of one host at once have two names", async () => {
  holding = "tokens";
  const both = ["one", "two"].map((path) =>
    home.run(
      [
        "login",
        `${world.origin}/mcp?${path}`,
        "--client-id",
        path,
        "--token-endpoint",
        `${world.origin}/token`,
      ],
      SECRET,
    ),
  );
  await until(() => held.length === 2);
  release();
  for (const { code } of await Promise.all(both)) expect(code).toBe(0);
  expect(await profiles()).toHaveLength(3);
});
