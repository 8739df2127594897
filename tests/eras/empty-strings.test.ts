// Empty strings where others leave a member out, and lists without an end.
import { describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { type Asked, refuse, reply, says, serveScript } from "../support/mcp/scripted.ts";
import { legacy, startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { complete, startModernServer } from "../support/mcp/scripted-modern.ts";
import { call, DISCOVER, INITIALIZED, initialize, modern as inModern } from "../support/messages.ts";

const home = homeForEachTest();
const tool = (name: string) => ({ name, inputSchema: { type: "object" } });

test("an empty session id is none: it is not sent back, and nothing is deleted", async () => {
  const script = legacy(
    (asked, response) => (asked.http === "GET" ? response.writeHead(405).end() : reply(asked, says("hi"))),
    { sessions: false },
  );
  const server = home.owns(
    await serveScript((asked, response, request) => {
      response.setHeader("mcp-session-id", "");
      script(asked, response, request);
    }),
  );
  const { say, answer, end } = startBridge(home, [server.url]);
  say(initialize(), INITIALIZED, call(1));
  expect((await answer(1)).result).toEqual(says("hi"));
  await end();
  expect(server.seen.every(({ session }) => session === undefined)).toBe(true);
  expect(server.requests).not.toContain("DELETE");
});

/** A server whose list is answered by `list`, of either era. */
async function listing(era: "legacy" | "modern", list: (asked: Asked) => object) {
  if (era === "legacy")
    return home.owns(
      await startLegacyServer((asked, response) =>
        asked.http === "GET" ? response.writeHead(405).end() : reply(asked, list(asked)),
      ),
    );
  const server = home.owns(await startModernServer());
  server.methods["tools/list"] = (asked) =>
    complete(asked, { ...list(asked), ttlMs: 0, cacheScope: "private" });
  return server;
}

for (const era of ["legacy", "modern"] as const)
  describe(`a list of a ${era} server`, () => {
    const cursors = (seen: Asked[]) =>
      seen
        .filter(({ method, params }) => method === "tools/list" && params)
        .map(({ params }) => params.cursor);

    test("whose next cursor is empty goes on there, once", async () => {
      const server = await listing(era, ({ params }) =>
        params?.cursor === undefined
          ? { tools: [tool("first")], nextCursor: "" }
          : { tools: [tool("second")] },
      );
      const { code, stdout, stderr } = await home.run([server.url, "tools-list"]);
      expect(code).toBe(0);
      expect(stderr).not.toContain("list");
      expect(stdout).toMatch(/first[\s\S]*second/);
      expect(cursors(server.seen)).toEqual([undefined, ""]);
    });

    for (const nextCursor of [7, false, ["next"]])
      test(`that names the next page by ${JSON.stringify(nextCursor)} ends there, with a warning`, async () => {
        const server = await listing(era, () => ({ tools: [tool("first")], nextCursor }));
        const { code, stdout, stderr } = await home.run([server.url, "tools-list"]);
        expect(code).toBe(0);
        expect(stdout).toContain("first");
        expect(stderr).toContain(
          "warning: the server names the next page by no text: the list is taken to end here",
        );
        expect(cursors(server.seen)).toEqual([undefined]);
      });

    for (const nextCursor of ["", "same"])
      test(`that names ${JSON.stringify(nextCursor)} again and again ends there, with a warning`, async () => {
        const server = await listing(era, ({ params }) => ({
          tools: [tool(params?.cursor === undefined ? "first" : "again")],
          nextCursor,
        }));
        const { code, stdout } = await home.run([server.url, "tools-list", "--json"]);
        expect(code).toBe(0);
        expect(JSON.parse(stdout).tools).toHaveLength(2);
        expect(cursors(server.seen)).toEqual([undefined, nextCursor]);
        expect((await home.run([server.url, "tools-list", "--verbose"])).stderr).toContain(
          "names a page of the list again",
        );
      });
  });

for (const nextCursor of ["", "same"])
  test(`the tools are learned anew for a header that is missing, at a server that names page ${JSON.stringify(nextCursor)} for ever`, async () => {
    const server = home.owns(await startModernServer());
    server.methods["tools/list"] = (asked) => complete(asked, { tools: [tool("echo")], nextCursor });
    server.methods["tools/call"] = (asked) =>
      refuse(asked, 400, { code: -32020, message: "header mismatch" });
    const { say, answer } = startBridge(home, [server.url]);
    say(DISCOVER, ...Array.from({ length: 10 }, (_, n) => inModern(call(n, "echo"))));
    for (let n = 0; n < 10; n++) expect((await answer(n)).error.code).toBe(-32020);
    say(inModern(call("later", "echo")));
    expect((await answer("later")).error.code).toBe(-32020);
    // Two pages for each of those that were under way together; none any more for the later one.
    expect(server.count("tools/list")).toBeLessThanOrEqual(20);
  });
