// A server's changes, a line each, whatever its era.
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { ServerResponse } from "node:http";
import { createHome, type Home } from "../../support/home.ts";
import { event, json, reply, stream } from "../../support/mcp/scripted.ts";
import { startLegacyServer } from "../../support/mcp/scripted-legacy.ts";
import { startModernServer, tagged } from "../../support/mcp/scripted-modern.ts";
import { until } from "../../support/waiting.ts";

let home: Home;
beforeEach(() => {
  home = createHome();
});
afterEach(() => home.remove());

/** A legacy server that tells on its standalone stream. */
async function legacy() {
  let standing: ServerResponse | undefined;
  const server = home.owns(
    await startLegacyServer(
      (asked, response) => {
        if (asked.http === "GET") standing = stream(response);
        else if (asked.method === "resources/subscribe") reply(asked, {});
        else json(response, { jsonrpc: "2.0", id: asked.id, error: { code: -32601, message: "no" } }, 400);
      },
      {
        handshake: {
          capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
        },
      },
    ),
  );
  const tell = async (method: string, params: object) => {
    await until(() => standing !== undefined);
    if (standing) event(standing, { method, params });
  };
  return { url: server.url, tell };
}

async function modern() {
  const server = home.owns(await startModernServer());
  const tell = async (method: string, params: object) => {
    const listen = server.listens.at(-1);
    if (listen) event(listen.response, tagged(listen, method, params));
  };
  return { url: server.url, tell };
}

function watching(url: string, ...args: string[]) {
  const child = home.start([url, "watch", ...args]);
  const seen = { out: "", err: "", lines: () => seen.out.split("\n").filter((line) => line !== "") };
  child.stdout.on("data", (chunk) => {
    seen.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    seen.err += chunk;
  });
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code)));
  return Object.assign(seen, { child, ended });
}

for (const [kind, start] of Object.entries({ legacy, modern }))
  test(`${kind}: lists and resources, a line each, until Ctrl-C`, async () => {
    const server = await start();
    const seen = watching(server.url, "memo://one");
    await until(() => seen.err.includes("watching the list of tools"));
    expect(seen.err).toMatch(/watching .*memo:\/\/one; Ctrl-C ends it/);
    await server.tell("notifications/tools/list_changed", {});
    await server.tell("notifications/resources/updated", { uri: "memo://one" });
    await until(() => seen.lines().length === 2);
    expect(seen.lines()[0]).toMatch(/^\d{4}-\S+Z {2}tools changed$/);
    expect(seen.lines()[1]).toMatch(/ {2}resource updated {2}memo:\/\/one$/);
    seen.child.kill("SIGINT");
    expect(await seen.ended).toBe("SIGINT");
  });

test("with --json each line is the notification, and a reader that has gone ends it quietly", async () => {
  const server = await modern();
  const seen = watching(server.url, "memo://one", "--json");
  await until(() => seen.err.includes("watching"));
  await server.tell("notifications/resources/updated", { uri: "memo://one" });
  await until(() => seen.lines().length === 1);
  expect(JSON.parse(seen.out)).toEqual({
    at: expect.stringMatching(/^\d{4}-/),
    method: "notifications/resources/updated",
    params: { uri: "memo://one" },
  });
  seen.child.stdout.destroy();
  for (let told = 0; told < 3; told++) {
    await server.tell("notifications/tools/list_changed", {});
    await Bun.sleep(50);
  }
  expect(await seen.ended).toBe(0);
});

test("with --jq each is what the expression makes of it; one that fails ends it", async () => {
  const server = await modern();
  const seen = watching(server.url, "memo://one", "--jq", ".params.uri");
  await until(() => seen.err.includes("watching"));
  await server.tell("notifications/resources/updated", { uri: "memo://one" });
  await until(() => seen.out === "memo://one\n");
  seen.child.kill("SIGINT");
  expect(await seen.ended).toBe("SIGINT");
  const failing = watching(server.url, "memo://one", "--jq", ".params.uri.x");
  await until(() => failing.err.includes("watching"));
  await server.tell("notifications/resources/updated", { uri: "memo://one" });
  expect(await failing.ended).toBe(1);
  expect(failing.err).toContain("error: --jq: ");
});

test("a server that tells of nothing is named", async () => {
  const server = home.owns(await startModernServer());
  server.methods["subscriptions/listen"] = (asked) => {
    stream(asked.response);
    event(asked.response, tagged(asked, "notifications/subscriptions/acknowledged", { notifications: {} }));
  };
  const run = await home.run([server.url, "watch", "memo://one"]);
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("no changes of memo://one");
  expect(run.stderr).toContain("tells of no changes of what was asked for");
});
