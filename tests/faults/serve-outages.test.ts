// `m2mcp serve` while its server is away: what a client of an older process of it is told, and what is written down.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { homeForEachTest } from "../support/home.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, INITIALIZE, type Json, notification } from "../support/messages.ts";
import { startDoor } from "../support/net/door.ts";
import { startServe } from "../support/serve.ts";

const home = homeForEachTest();
const env = { M2MCP_PASSPHRASE: "the same for all of them" };

const send = (url: string, method: string, message?: object, session?: string) =>
  fetch(url, {
    method,
    headers: {
      accept: "application/json, text/event-stream",
      "content-type": "application/json",
      ...(session === undefined ? {} : { "mcp-session-id": session }),
    },
    ...(message ? { body: JSON.stringify(message) } : {}),
    signal: AbortSignal.timeout(20_000),
  });
const sessionIn = (response: Response) => response.headers.get("mcp-session-id") ?? "";

test("serve: a session of an earlier process, whose server is away, fails in the words of any request, and is not lost", async () => {
  const server = home.owns(await startModernServer());
  server.methods["tools/call"] = (asked) => complete(asked, { content: [] });
  const door = home.owns(await startDoor(server.url));
  const before = await startServe(home, [door.url], { env });
  const session = sessionIn(await send(before.url, "POST", INITIALIZE));
  const unwanted = sessionIn(await send(before.url, "POST", INITIALIZE));
  await before.stop();
  await door.shut();
  const audit = join(home.folder, "audit");
  const { url } = await startServe(home, [door.url, "--timeout", "2", "--audit", audit], { env });
  const failed = await send(url, "POST", call(7), session);
  expect(failed.status).toBe(200);
  expect(failed.headers.get("mcp-session-id")).toBeNull();
  const { id, error }: Json = await failed.json();
  expect([id, error.data.code]).toEqual([7, "connection_refused"]);
  const lines = readFileSync(audit, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map((line) => [line.request_id, line.outcome, line.error])).toEqual([
    [7, "failed", "connection_refused"],
  ]);
  const metrics = await (await fetch(url.replace("/mcp", "/metrics"))).text();
  expect(metrics).toMatch(
    /^mcp_server_operation_duration_seconds_count\{.*"tools\/call".*connection_refused.*\} 1$/m,
  );
  const notice = notification("notifications/roots/list_changed");
  expect((await send(url, "POST", notice, session)).status).toBe(202);
  const listened = await send(url, "GET", undefined, session);
  expect([listened.status, ((await listened.json()) as Json).error.data.code]).toEqual([
    502,
    "connection_refused",
  ]);
  const ended = await send(url, "DELETE", undefined, unwanted);
  expect([ended.status, ended.headers.get("mcp-session-id")]).toEqual([200, null]);
  expect((await send(url, "POST", call(8), unwanted)).status).toBe(404);
  await door.open();
  const again = await send(url, "POST", call(9), session);
  expect([again.status, ((await again.json()) as Json).result.content]).toEqual([200, []]);
}, 60_000);
