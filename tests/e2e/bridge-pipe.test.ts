// The bridge in a pipe: what it answers where no SDK stands between.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { startBridge } from "../support/bridge.ts";
import { homeForEachTest } from "../support/home.ts";
import { serveScript } from "../support/mcp/scripted.ts";
import { answers, call, INITIALIZE, INITIALIZED, lines, request } from "../support/messages.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

const home = homeForEachTest();
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());
beforeEach(() => logIn(world, home));

describe("the bridge in a pipe", () => {
  test("answers what is piped in at once, junk included, and ends with the input", async () => {
    const { code, stdout, stderr } = await home.run(["bridge", "@svc"], {
      input: `\ufeff${lines(
        INITIALIZE,
        INITIALIZED,
        "",
        "nonsense\r",
        '{"id":"x"}',
        call("two", "slow", { ms: 400 }),
      )}`,
    });
    const at = "\\d{4}-\\d\\d-\\d\\dT\\S+Z";
    expect(stderr).toMatch(
      new RegExp(
        `^${at} error - -: the message is not valid JSON\n${at} error - "x": the message is neither .*\n$`,
      ),
    );
    expect(code).toBe(0);
    const all = answers(stdout);
    expect(all.filter(({ id }) => id === 1)).toHaveLength(1);
    expect(all.filter(({ id }) => id === "two")).toEqual([
      { jsonrpc: "2.0", id: "two", result: { content: [{ type: "text", text: "done" }] } },
    ]);
    expect(
      all
        .filter(({ error }) => error)
        .map(({ error }) => error.code)
        .sort(),
    ).toEqual([-32600, -32700]);
    const order = world.mcp.requests
      .slice(-8)
      .map(({ method, body }) => (body === "" ? method : JSON.parse(body).method));
    expect(order.indexOf("notifications/initialized")).toBeLessThan(order.lastIndexOf("tools/call"));
  });

  test("answers each id with an error when nobody is there", async () => {
    const { code, stdout } = await home.run(["bridge", "http://127.0.0.1:1/mcp", "--timeout", "5"], {
      input: lines(INITIALIZE, request(2, "tools/list")),
    });
    expect(code).toBe(0);
    const all = answers(stdout);
    expect(all.map(({ id }) => id).sort()).toEqual([1, 2]);
    for (const { error } of all)
      expect(error.data).toMatchObject({ source: "m2mcp", code: "connection_refused" });
  });

  for (const [name, status, type, body, expected] of [
    ["a 500", 500, "text/plain", "broken", "http_status"],
    ["a 404", 404, "text/plain", "", "http_status"],
    ["a sign-in page", 200, "text/html", "<html>sign in</html>", "content_type"],
    ["a stream that is cut", 200, "text/event-stream", ": hello\n\n", "stream_cut"],
    ["junk as JSON", 200, "application/json", "{nope", "invalid_answer"],
    ["an answer to nobody", 200, "application/json", '{"jsonrpc":"2.0","id":99,"result":{}}', "stream_cut"],
    ["a refusal", 403, "text/plain", "", "forbidden"],
    ["a want of login", 401, "text/plain", "", "login_needed"],
  ] as const)
    test(`turns ${name} into an error for the id`, async () => {
      const server = await serveScript((_asked, response) =>
        response.writeHead(status, { "content-type": type }).end(body),
      );
      const { url } = home.owns(server);
      const { code, stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE) });
      expect(code).toBe(0);
      const [answer, ...more] = answers(stdout);
      expect(more).toEqual([]);
      expect(answer.id).toBe(1);
      expect(answer.error.data.code).toBe(expected);
    });

  test("gives up on a server that says nothing", async () => {
    const { url } = home.owns(await serveScript(() => {}));
    const { code, stdout } = await home.run(["bridge", url, "--timeout", "1"], { input: lines(INITIALIZE) });
    expect(code).toBe(0);
    expect(answers(stdout)).toMatchObject([{ id: 1, error: { data: { code: "timeout" } } }]);
  });

  test("re-issues a refused token once, then says so", async () => {
    await home.run(["@svc", "ping"]);
    world.mcp.refuseTokens(true);
    const before = world.as.tokenRequests.length;
    const { stdout } = await home.run(["bridge", "@svc"], { input: lines(INITIALIZE) });
    world.mcp.refuseTokens(false);
    expect(answers(stdout)).toMatchObject([{ id: 1, error: { code: -31004 } }]);
    expect(world.as.tokenRequests.length - before).toBeLessThanOrEqual(1);
    expect((await home.run(["@svc", "ping"])).code).toBe(0);
  });

  test("ends on SIGTERM as on the end of input", async () => {
    const { child, say, answer, ended } = startBridge(home, ["@svc"]);
    say(INITIALIZE);
    await answer(1);
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  });
});
