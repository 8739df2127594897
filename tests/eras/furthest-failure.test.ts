// Where no transport to a server can be had, the failure that came furthest is told, in the server's words.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, json, type Script, serveScript, stream } from "../support/mcp/scripted.ts";
import { initialize } from "../support/messages.ts";

const home = homeForEachTest();

const status =
  (code: number, words: string) =>
  ({ response }: Asked) =>
    response.writeHead(code, { "content-type": "text/plain" }).end(words);

/** POST is refused; the stream of the old transport is there, and what is posted beside it fails. */
const behindTheStream =
  (post: number, fail: (asked: Asked) => unknown, endpoint = "/messages?s=1"): Script =>
  (asked, response, { url = "" }) => {
    if (asked.http === "GET") return stream(response).write(`event: endpoint\ndata: ${endpoint}\n\n`);
    return url.startsWith("/messages") ? fail(asked) : response.writeHead(post).end();
  };

for (const post of [404, 405])
  describe(`at a server whose POST is refused with ${post}, while its old stream opens,`, () => {
    test.each<[what: string, script: Script, told: RegExp]>([
      ["words of a 403", behindTheStream(post, status(403, "tenant is suspended")), /tenant is suspended/],
      ["an outage", behindTheStream(post, status(500, "database is down")), /database is down/],
      ["a wait", behindTheStream(post, status(429, "slow down")), /429.*slow down/],
      [
        "an endpoint elsewhere",
        behindTheStream(post, status(500, ""), "http://127.0.0.1:9/messages"),
        /endpoint of another origin/,
      ],
      [
        "a JSON-RPC error",
        behindTheStream(post, ({ response, id }) =>
          json(response, { jsonrpc: "2.0", id, error: { code: -32000, message: "quota exceeded" } }, 402),
        ),
        /quota exceeded/,
      ],
    ])("%s is told", async (_what, script, told) => {
      const server = home.owns(await serveScript(script));
      const bridge = startBridge(home, [server.url]);
      bridge.say(initialize());
      const { error } = await bridge.answer("init");
      expect(error.message).toMatch(told);
      expect(error.message).not.toContain(`status ${post}`);
      const { code, stderr } = await home.run([server.url, "tools-list"]);
      expect(code).toBeGreaterThan(0);
      expect(stderr).toMatch(told);
      expect(stderr).not.toContain(`status ${post}`);
    });
  });

test("where nothing is there, what the address itself answers is told", async () => {
  const server = home.owns(await serveScript(status(404, "no such app")));
  const { code, stderr } = await home.run([server.url, "tools-list"]);
  expect(code).toBe(2);
  expect(stderr).toContain("404: no such app");
});

test("a guard before the old stream outranks what the server does not know", async () => {
  const server = home.owns(
    await serveScript((asked, response) =>
      asked.http === "GET" ? status(403, "not from this network")(asked) : response.writeHead(405).end(),
    ),
  );
  const { stderr } = await home.run([server.url, "tools-list"]);
  expect(stderr).toContain("not from this network");
});
