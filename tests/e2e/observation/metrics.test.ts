// `/metrics` of `m2mcp serve`, read as Prometheus reads it.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../../support/home.ts";
import { startModernServer } from "../../support/mcp/scripted-modern.ts";
import { call } from "../../support/messages.ts";
import { httpClient } from "../../support/replicas-by-hand.ts";
import { connectLegacy } from "../../support/sdk-clients.ts";
import { startServe } from "../../support/serve.ts";
import { until } from "../../support/waiting.ts";
import { logIn, startWorld, type World } from "../../support/world.ts";

const home = homeForEachTest();

async function ownWorld(): Promise<World> {
  const world = await startWorld();
  home.owns({ stop: () => world.end() });
  return world;
}

/** Samples by name and labels, without those of the scope. */
const samplesIn = (text: string): Map<string, number> =>
  new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => {
        const at = line.lastIndexOf(" ");
        const key = line
          .slice(0, at)
          .replace(/,?otel_scope_\w+="[^"]*"/g, "")
          .replace("{}", "");
        return [key, Number(line.slice(at + 1))];
      }),
  );

test("has the conventions' names, real figures and a bounded number of series", async () => {
  const world = await ownWorld();
  await logIn(world, home);
  const serve = await startServe(home, ["@svc"]);
  const client = await connectLegacy({ url: world.mcp.url, env: home.env, served: serve.url });
  for (let at = 0; at < 3; at++) await client.call("add", { a: at, b: 1 });
  await client.call("fail", {});
  for (let at = 0; at < 300; at++) await client.call(`nothing-${at}`, {}).catch(() => {});
  for (let at = 0; at < 100; at++) await client.request(`odd/method-${at}`, {}).catch(() => {});
  const response = await fetch(new URL("/metrics", serve.url));
  expect([response.status, response.headers.get("content-type")]).toEqual([
    200,
    "text/plain; version=0.0.4; charset=utf-8",
  ]);
  const text = await response.text();
  const samples = samplesIn(text);
  const port = new URL(world.mcp.url).port;
  const tool = 'mcp_method_name="tools/call",gen_ai_tool_name="add",gen_ai_operation_name="execute_tool"';
  expect(samples.get(`mcp_server_operation_duration_seconds_count{${tool},network_transport="tcp"}`)).toBe(3);
  expect(
    samples.get(
      `mcp_client_operation_duration_seconds_count{${tool},network_transport="tcp",server_address="127.0.0.1",server_port="${port}"}`,
    ),
  ).toBe(3);
  expect(text).toMatch(/gen_ai_tool_name="fail"[^}]*error_type="tool_error"/);
  expect(
    samples.get('http_server_active_requests{http_request_method="GET",url_scheme="http"}'),
  ).toBeGreaterThan(0);
  expect(samples.get("m2mcp_server_sessions")).toBe(1);
  expect(samples.get("m2mcp_token_expiry_timestamp_seconds")).toBeGreaterThan(Date.now() / 1000);
  for (const name of ["http_server_request_duration_seconds", "http_client_request_duration_seconds"])
    expect(text).toContain(`# TYPE ${name} histogram`);
  expect(text).toContain('gen_ai_tool_name="_OTHER"');
  expect(text).toContain('mcp_method_name="_OTHER"');
  expect(text).not.toContain("odd/method");
  expect(new Set(text.match(/nothing-\d+/g)).size).toBeLessThan(40);
  for (const secret of [world.as.clients.basic.secret, "eyJ", "mcp-session-id"])
    expect(text).not.toContain(secret);
  const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  if (checked.error) console.error("not checked by promtool, which is not here (Debian: prometheus)");
  else expect([checked.status, checked.stderr]).toEqual([0, ""]);
  await client.close();
  expect(await serve.stop()).toBe(0);
}, 60_000);

test("is for those alone who may use the server", async () => {
  const world = await ownWorld();
  await logIn(world, home);
  const bearer = join(home.folder, "bearer");
  writeFileSync(bearer, "b3arer\n");
  const serve = await startServe(home, ["@svc", "--bearer-file", bearer]);
  const at = new URL("/metrics", serve.url);
  expect((await fetch(at)).status).toBe(401);
  expect((await fetch(at, { headers: { authorization: "Bearer b3arer" } })).status).toBe(200);
  expect(
    (await fetch(at, { headers: { authorization: "Bearer b3arer", origin: "http://evil.example" } })).status,
  ).toBe(403);
}, 60_000);

test("a request whose client goes before any answer has no status", async () => {
  const server = home.owns(await startModernServer());
  Object.assign(server.methods, { "tools/call": () => {} });
  const serve = await startServe(home, [server.url]);
  const it = httpClient("keeps its first id");
  await it.open(serve.url);
  const leave = new AbortController();
  const left = it.post(serve.url, call(1), leave.signal).catch(() => "gone");
  await until(() => server.count("tools/call") === 1);
  leave.abort();
  expect(await left).toBe("gone");
  const posts = async () => {
    const samples = samplesIn(await (await fetch(new URL("/metrics", serve.url))).text());
    return [...samples].filter(([name]) =>
      /^http_server_request_duration_seconds_count\{.*"POST".*\/mcp/.test(name),
    );
  };
  let counted = await posts();
  for (let look = 0; look < 100 && counted.reduce((sum, [, count]) => sum + count, 0) < 3; look++)
    counted = await posts();
  const by = Object.fromEntries(
    counted.map(([name, count]) => [/(?:status_code|error_type)="\w+"/.exec(name)?.[0], count]),
  );
  expect(by).toEqual({ 'status_code="200"': 1, 'status_code="202"': 1, 'error_type="cancelled"': 1 });
});
