// The era is found by itself and remembered for each server; what is remembered wrongly is asked again.
import { describe, expect, test } from "bun:test";
import { passOn } from "../support/mcp/front.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { refuse } from "../support/mcp/scripted.ts";
import { answerTo, beginnings, DISCOVER, echo, piped, textOf } from "../support/messages.ts";
import { SECRETS, startAuthorizationServer } from "../support/oauth/authorization-server.ts";
import { CALLERS, callersOf, KINDS, requestsOf, serversBehindFront, WARM } from "./servers.ts";

const { home, servers, front } = serversBehindFront();
const callers = callersOf(home, front);

for (const name of CALLERS)
  describe(name, () => {
    for (const kind of KINDS)
      test(`finds a server of kind ${kind}, and pays nothing for one that it knows`, async () => {
        front.put(servers[kind].url);
        await callers[name]();
        expect(await requestsOf(front, callers[name])).toEqual(WARM[name][kind]);
        expect(await requestsOf(front, callers[name])).toEqual(WARM[name][kind]);
      });

    for (const from of KINDS)
      for (const to of KINDS)
        if (from !== to)
          test(`asks anew when a server was ${from} and is ${to} now`, async () => {
            front.put(servers[from].url);
            await callers["one-off"]();
            front.put(servers[to].url);
            await callers[name]();
            // The one-off command makes a session of its own once.
            if (name !== "one-off") await callers["one-off"]();
            expect(await requestsOf(front, callers["one-off"])).toEqual(WARM["one-off"][to]);
            expect(await requestsOf(front, callers[name])).toEqual(WARM[name][to]);
          });
  });

test("a modern client's call goes straight to a modern server that is known", async () => {
  front.put(servers.modern.url);
  await callers["one-off"]();
  expect(
    await requestsOf(front, async () => {
      const lines = await piped(home, [front.url], [echo("call", "modern")]);
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    }),
  ).toEqual(["POST tools/call"]);
});

test("a known server's slow first call holds up no other", async () => {
  front.put(servers.modern.url);
  await callers["one-off"]();
  const slow = {
    ...echo("slow", "modern"),
    params: { ...echo("slow", "modern").params, name: "slow", arguments: { ms: 800 } },
  };
  const lines = await piped(home, [front.url], [slow, echo("call", "modern")]);
  expect(lines.filter(({ id }) => id !== undefined).map(({ id }) => id)).toEqual(["call", "slow"]);
});

describe("no verdict", () => {
  const REFUSALS = [
    [401, "text/plain", ""],
    [403, "text/plain", "no"],
    [408, "text/plain", ""],
    [429, "application/json", "{}"],
    [500, "application/json", '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"broken"}}'],
    [502, "text/html", "<html>bad gateway</html>"],
    [503, "text/plain", ""],
  ] as const;
  for (const [status, type, body] of REFUSALS)
    for (const kind of KINDS)
      test(`${status} from a ${kind} server that is known`, async () => {
        front.put(servers[kind].url);
        await callers["one-off"]();
        front.put((_asked, response) => response.writeHead(status, { "content-type": type }).end(body));
        for (const client of ["legacy", "modern"] as const) {
          const lines = await piped(home, [front.url, "--timeout", "5"], beginnings[client].slice(0, 1));
          expect(answerTo(lines, "init").error).toBeDefined();
        }
        const { code } = await home.run([front.url, "tools-call", "echo", "text=hi", "--timeout", "5"]);
        expect(code).not.toBe(0);
        front.put(servers[kind].url);
        expect(await requestsOf(front, callers["one-off"])).toEqual(WARM["one-off"][kind]);
      });

  test("of a server that is not known costs one request", async () => {
    for (const status of [403, 429, 500]) {
      front.put((_asked, response) => response.writeHead(status).end());
      for (const client of ["legacy", "modern"] as const) {
        const requests = await requestsOf(front, () =>
          piped(home, [front.url], beginnings[client].slice(0, 1)),
        );
        // A refusal for want of authorization is met once more with what there is.
        expect(new Set(requests).size).toBe(1);
      }
    }
  });

  test("from silence", async () => {
    front.put(servers.modern.url);
    await callers["one-off"]();
    front.put(() => {});
    const lines = await piped(home, [front.url, "--timeout", "1"], [DISCOVER]);
    expect(answerTo(lines, "init").error?.data).toMatchObject({ code: "timeout" });
    expect((await home.run([front.url, "tools-list", "--timeout", "1"])).code).toBe(3);
    front.put(servers.modern.url);
    expect(await requestsOf(front, callers["one-off"])).toEqual(["POST tools/call"]);
  });
});

test("two servers of one login keep their eras and sessions apart", async () => {
  const as = await startAuthorizationServer();
  const other = await startFullLegacyServer("http");
  front.put(servers.legacy.url, "/a/mcp");
  front.put(servers.modern.url, "/b/mcp");
  front.put(other.url, "/c/mcp");
  const login = [
    "login",
    `${front.origin}/`,
    "@team",
    "--client-id",
    "basic client",
    "--token-endpoint",
    as.tokenEndpoint,
  ];
  const proof = await home.run(login, { env: { M2MCP_CLIENT_SECRET: SECRETS.basic } });
  expect(proof.code === 0 ? "" : proof.stderr).toBe("");
  for (const name of ["a", "b", "c"])
    expect((await home.run(["connect", `${front.origin}/${name}/mcp`, `@${name}`])).code).toBe(0);
  const call = (name: string) => home.run([`@${name}`, "tools-call", "echo", "text=hi"]);
  for (const name of ["a", "b", "c"]) await call(name);
  for (const name of ["b", "a", "c", "a", "b", "c"])
    expect(await requestsOf(front, async () => expect((await call(name)).stdout).toBe("hi\n"))).toEqual([
      "POST tools/call",
    ]);
  await other.stop();
  await as.stop();
});

describe("a refusal of the request itself is not one of the era", () => {
  for (const known of [true, false])
    for (const name of CALLERS) {
      // A legacy client would speak with it in the legacy era from the start.
      if (!known && name === "legacy client") continue;
      test(`of a server of both eras, ${known ? "known" : "not known"}, for the ${name}`, async () => {
        front.put(servers.dual.url);
        if (known) await callers["one-off"]();
        let refused = 0;
        front.put((asked, response, request) => {
          if (request.headers["mcp-method"] !== "tools/call" || asked.params?.name !== "bad")
            return passOn(servers.dual.url, asked, response);
          refused++;
          refuse(asked, 400, { code: -32602, message: "bad name" });
        });
        if (name === "one-off") {
          const { code, stderr } = await home.run([front.url, "tools-call", "bad"]);
          expect(code).toBe(2);
          expect(stderr).toContain("bad name");
        } else {
          const client = name === "legacy client" ? "legacy" : "modern";
          const bad = { ...echo("bad", client), params: { ...echo("bad", client).params, name: "bad" } };
          const lines = await piped(home, [front.url], [...beginnings[client], bad, { ...bad, id: "worse" }]);
          for (const id of ["bad", "worse"])
            expect(answerTo(lines, id).error).toMatchObject({ code: -32602, message: "bad name" });
          expect(textOf(answerTo(lines, "call"))).toBe("hi");
        }
        expect(refused).toBeGreaterThan(0);
        front.put(servers.dual.url);
        await callers["one-off"]();
        expect(await requestsOf(front, callers["one-off"])).toEqual(["POST tools/call"]);
        expect(front.requests.slice(-1)).toEqual(["POST tools/call"]);
        const meta = front.seen.at(-1)?.params?._meta ?? {};
        expect(meta).toHaveProperty(["io.modelcontextprotocol/protocolVersion"]);
      });
    }
});
