// The era is found by itself and remembered for each server; what is remembered wrongly is asked again.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { start } from "../support/bridge.ts";
import { createHome, type Home } from "../support/home.ts";
import { type Front, passOn, refuse, startFront } from "../support/mcp/front.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { answerTo, DISCOVER, echo, META, opening, piped, textOf } from "../support/messages.ts";
import { SECRETS, startAuthorizationServer } from "../support/oauth/authorization-server.ts";
import { startServers } from "./servers.ts";

const KINDS = ["legacy", "modern", "sse"] as const;
type Kind = (typeof KINDS)[number];

let servers: Awaited<ReturnType<typeof startServers>>;
let home: Home;
let front: Front;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.stop();
});
beforeEach(async () => {
  home = createHome();
  front = await startFront(servers.legacy.url);
});
afterEach(async () => {
  home.remove();
  await front.stop();
});

/** The requests that `work` makes at the front, as a sorted list: some go side by side. */
async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const from = front.requests.length;
  await work();
  return front.requests.slice(from).sort();
}

const oneOff = async () => {
  const { code, stdout, stderr } = await home.run([
    front.url,
    "tools-call",
    "echo",
    "text=hi",
    "--timeout",
    "10",
  ]);
  expect({ code, stdout, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stdout: "hi\n", stderr: "" });
};
const bridge = (client: "legacy" | "modern") => async () => {
  const lines = await piped(home, [front.url, "--timeout", "10"], opening[client]);
  expect(answerTo(lines, "init").error).toBeUndefined();
  expect(textOf(answerTo(lines, "call"))).toBe("hi");
};
const WAYS = { "one-off": oneOff, "legacy client": bridge("legacy"), "modern client": bridge("modern") };

const SSE_SESSION = ["GET", "POST initialize", "POST notifications/initialized", "POST tools/call"];
/** What a known server costs: nothing but what the protocol asks for. */
const WARM: Record<keyof typeof WAYS, Record<Kind, string[]>> = {
  "one-off": { legacy: ["POST tools/call"], modern: ["POST tools/call"], sse: SSE_SESSION },
  "legacy client": {
    legacy: ["DELETE", ...SSE_SESSION],
    modern: ["POST server/discover", "POST subscriptions/listen", "POST tools/call"],
    sse: SSE_SESSION,
  },
  "modern client": {
    legacy: ["DELETE", ...SSE_SESSION],
    modern: ["POST server/discover", "POST tools/call"],
    sse: SSE_SESSION,
  },
};

for (const [name, way] of Object.entries(WAYS) as [keyof typeof WAYS, () => Promise<void>][])
  describe(name, () => {
    for (const kind of KINDS)
      test(`finds a server of kind ${kind}, and pays nothing for one that it knows`, async () => {
        front.put(servers[kind].url);
        await way();
        expect(await requestsOf(way)).toEqual(WARM[name][kind]);
        expect(await requestsOf(way)).toEqual(WARM[name][kind]);
      });

    for (const from of KINDS)
      for (const to of KINDS)
        if (from !== to)
          test(`asks anew when a server was ${from} and is ${to} now`, async () => {
            front.put(servers[from].url);
            await oneOff();
            front.put(servers[to].url);
            await way();
            // The one-off command makes a session of its own once.
            if (name !== "one-off") await oneOff();
            expect(await requestsOf(oneOff)).toEqual(WARM["one-off"][to]);
            expect(await requestsOf(way)).toEqual(WARM[name][to]);
          });
  });

test("a modern client's call goes straight to a modern server that is known", async () => {
  front.put(servers.modern.url);
  await oneOff();
  expect(
    await requestsOf(async () => {
      const lines = await piped(home, [front.url], [echo("call", "modern")]);
      expect(textOf(answerTo(lines, "call"))).toBe("hi");
    }),
  ).toEqual(["POST tools/call"]);
});

test("a known server's slow first call holds up no other", async () => {
  front.put(servers.modern.url);
  await oneOff();
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
        await oneOff();
        front.put((_request, response) => response.writeHead(status, { "content-type": type }).end(body));
        for (const client of ["legacy", "modern"] as const) {
          const lines = await piped(home, [front.url, "--timeout", "5"], opening[client].slice(0, 1));
          expect(answerTo(lines, "init").error).toBeDefined();
        }
        const { code } = await home.run([front.url, "tools-call", "echo", "text=hi", "--timeout", "5"]);
        expect(code).not.toBe(0);
        front.put(servers[kind].url);
        expect(await requestsOf(oneOff)).toEqual(WARM["one-off"][kind]);
      });

  test("of a server that is not known costs one request", async () => {
    for (const status of [403, 429, 500]) {
      front.put((_request, response) => response.writeHead(status).end());
      for (const client of ["legacy", "modern"] as const) {
        const requests = await requestsOf(() => piped(home, [front.url], opening[client].slice(0, 1)));
        // A refusal for want of authorization is met once more with what there is.
        expect(new Set(requests).size).toBe(1);
      }
    }
  });

  test("from silence", async () => {
    front.put(servers.modern.url);
    await oneOff();
    front.put(() => {});
    const lines = await piped(home, [front.url, "--timeout", "1"], [DISCOVER]);
    expect(answerTo(lines, "init").error?.data).toMatchObject({ code: "timeout" });
    expect((await home.run([front.url, "tools-list", "--timeout", "1"])).code).toBe(3);
    front.put(servers.modern.url);
    expect(await requestsOf(oneOff)).toEqual(["POST tools/call"]);
  });
});

describe("while the bridge runs", () => {
  for (const client of ["legacy", "modern"] as const)
    for (const [from, to] of [
      ["legacy", "modern"],
      ["modern", "legacy"],
      ["modern", "sse"],
      ["sse", "legacy"],
      ["sse", "modern"],
    ] as const)
      test(`a ${client} client goes on when the server changes from ${from} to ${to}`, async () => {
        front.put(servers[from].url);
        const run = start(home, [front.url, "--timeout", "10"]);
        run.write(...opening[client]);
        expect(textOf(await run.answer("call"))).toBe("hi");
        if (from === "legacy") servers.legacy.restart();
        front.put(servers[to].url);
        run.write(echo("after", client, "still"));
        expect((await run.answer("after")).error).toBeUndefined();
        expect(textOf(await run.answer("after"))).toBe("still");
        run.write(echo("later", client, "again"));
        expect(textOf(await run.answer("later"))).toBe("again");
        if (client === "legacy")
          expect(run.lines.some(({ method }) => method === "notifications/tools/list_changed")).toBe(true);
        await run.end();
      });
});

for (const [from, to] of [
  ["legacy", "modern"],
  ["modern", "legacy"],
  ["sse", "modern"],
  ["modern", "sse"],
] as const)
  test(`a modern client's subscription at a ${from} server goes on at the ${to} one in its place`, async () => {
    front.put(servers[from].url);
    const run = start(home, [front.url, "--timeout", "10"]);
    run.write(...opening.modern);
    await run.answer("call");
    const params = { notifications: { toolsListChanged: true }, _meta: META };
    run.write({ jsonrpc: "2.0", id: "sub", method: "subscriptions/listen", params });
    const heard = (what: string) => run.lines.filter(({ method }) => method === `notifications/${what}`);
    await run.line(({ method }) => method === "notifications/subscriptions/acknowledged");
    if (from === "legacy") servers.legacy.restart();
    front.put(servers[to].url);
    run.write(echo("after", "modern", "still"));
    expect(textOf(await run.answer("after"))).toBe("still");
    // What may have changed meanwhile, and then what does change.
    for (let tries = 0; heard("tools/list_changed").length < 2 && tries < 50; tries++) {
      const change = { name: "change", arguments: { what: "tools" }, _meta: META };
      run.write({ jsonrpc: "2.0", id: `change ${tries}`, method: "tools/call", params: change });
      await run.answer(`change ${tries}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(heard("tools/list_changed").length).toBeGreaterThan(1);
    for (const { params } of heard("tools/list_changed"))
      expect(params?._meta).toMatchObject({ "io.modelcontextprotocol/subscriptionId": "sub" });
    expect(heard("subscriptions/acknowledged")).toHaveLength(1);
    expect(run.lines.some(({ id }) => id === "sub")).toBe(false);
    run.write(echo("last", "modern"));
    expect(textOf(await run.answer("last"))).toBe("hi");
    await run.end();
    expect(run.lines.filter(({ id }) => id === "sub")).toMatchObject([
      { result: { resultType: "complete" } },
    ]);
  });

for (const [from, to] of [
  ["legacy", "modern"],
  ["modern", "legacy"],
  ["modern", "sse"],
] as const)
  test(`what a legacy client wished of a ${from} server is told to the ${to} one in its place`, async () => {
    const { subscribed } = servers[to].seen;
    front.put(servers[from].url);
    const run = start(home, [front.url, "--timeout", "10"]);
    const wish = (id: string, method: string, params: object) => ({ jsonrpc: "2.0", id, method, params });
    run.write(...opening.legacy, wish("level", "logging/setLevel", { level: "error" }));
    run.write(wish("sub", "resources/subscribe", { uri: "memo://two" }));
    expect((await run.answer("sub")).error).toBeUndefined();
    await run.answer("level");
    if (from === "legacy") servers.legacy.restart();
    front.put(servers[to].url);
    run.write(echo("after", "legacy", "still"));
    expect(textOf(await run.answer("after"))).toBe("still");
    const updated = () =>
      run.lines.some(
        ({ method, params }) => method === "notifications/resources/updated" && params?.uri === "memo://two",
      );
    for (let tries = 0; !updated() && tries < 50; tries++) {
      const id = `touch ${tries}`;
      run.write(wish(id, "tools/call", { name: "touch", arguments: { uri: "memo://two" } }));
      await run.answer(id);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(updated()).toBe(true);
    run.write(wish("log", "tools/call", { name: "log" }));
    const { params } = await run.line(({ method }) => method === "notifications/message");
    expect(params?.level).toBe("error");
    // The bridge's own requests have no answer that the client could see.
    expect(run.lines.some(({ id }) => String(id).startsWith("m2mcp-"))).toBe(false);
    await run.end();
    subscribed.clear();
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
    expect(await requestsOf(async () => expect((await call(name)).stdout).toBe("hi\n"))).toEqual([
      "POST tools/call",
    ]);
  await other.stop();
  await as.stop();
});

describe("--protocol", () => {
  const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
  const asked = () =>
    front.bodies.filter((body) => body?.method === "initialize").map((body) => body?.params?.protocolVersion);

  for (const version of LEGACY)
    test(`${version} is what is asked for, whoever asks`, async () => {
      // A server of both eras would rather be modern.
      for (const kind of ["legacy", "dual"] as const) {
        front.put(servers[kind].url);
        const args = [front.url, "--protocol", version];
        expect((await home.run([...args, "tools-call", "echo", "text=hi"])).stdout).toBe("hi\n");
        for (const client of ["legacy", "modern"] as const)
          expect(textOf(answerTo(await piped(home, args, opening[client]), "call"))).toBe("hi");
        const show = await home.run(["show", ...args, "--json"]);
        expect(JSON.parse(show.stdout).protocolVersion).toBe(version);
      }
      expect(new Set(asked())).toEqual(new Set([version]));
      expect(front.requests).not.toContain("POST server/discover");
    });

  test("2024-11-05 finds a server of HTTP+SSE, and remembers that", async () => {
    front.put(servers.sse.url);
    const call = () => home.run([front.url, "--protocol", "2024-11-05", "tools-call", "echo", "text=hi"]);
    expect((await call()).stdout).toBe("hi\n");
    expect(await requestsOf(call)).toEqual(SSE_SESSION);
    for (const client of ["legacy", "modern"] as const)
      expect(
        await requestsOf(async () => {
          const lines = await piped(home, [front.url, "--protocol", "2024-11-05"], opening[client]);
          expect(textOf(answerTo(lines, "call"))).toBe("hi");
        }),
      ).toEqual(SSE_SESSION);
  });

  test("2026-07-28 does without any other era", async () => {
    const args = [front.url, "--protocol", "2026-07-28"];
    front.put(servers.modern.url);
    expect(await requestsOf(() => home.run([...args, "tools-list"]))).not.toContain("POST initialize");
    for (const client of ["legacy", "modern"] as const)
      expect(textOf(answerTo(await piped(home, args, opening[client]), "call"))).toBe("hi");
    front.put(servers.legacy.url);
    expect((await home.run([...args, "tools-list"])).code).toBe(2);
    for (const client of ["legacy", "modern"] as const)
      expect(answerTo(await piped(home, args, opening[client].slice(0, 1)), "init").error).toBeDefined();
    expect(front.requests).not.toContain("POST initialize");
  });

  test("a version that the server does not agree to is an error with both", async () => {
    front.put((_request, response, body) => {
      if (body?.method !== "initialize") return void response.writeHead(202).end();
      const result = {
        protocolVersion: "2025-06-18",
        capabilities: {},
        serverInfo: { name: "x", version: "1" },
      };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, result }));
    });
    const args = [front.url, "--protocol", "2025-11-25"];
    const { code, stderr } = await home.run([...args, "tools-list"]);
    expect(code).toBe(2);
    expect(stderr).toContain("2025-11-25");
    expect(stderr).toContain("2025-06-18");
    for (const client of ["legacy", "modern"] as const) {
      const { error } = answerTo(await piped(home, args, opening[client].slice(0, 1)), "init");
      expect(error?.message).toContain("2025-11-25");
      expect(error?.message).toContain("2025-06-18");
    }
  });

  test("an unknown version is refused before anything is sent, the known ones named", async () => {
    for (const args of [
      ["tools-list", front.url],
      ["bridge", front.url],
      ["connect", front.url, "@x"],
    ]) {
      const { code, stderr } = await home.run([...args, "--protocol", "2025-13-01"]);
      expect(code).toBe(1);
      for (const version of [...LEGACY, "2026-07-28"]) expect(stderr).toContain(version);
    }
    const { code } = await home.run(["tools-list", front.url], { env: { M2MCP_PROTOCOL: "latest" } });
    expect(code).toBe(1);
    expect(front.requests).toEqual([]);
  });
});

describe("a refusal of the request itself is not one of the era", () => {
  for (const known of [true, false])
    for (const way of ["one-off", "legacy client", "modern client"] as const) {
      // A legacy client would speak with it in the legacy era from the start.
      if (!known && way === "legacy client") continue;
      test(`of a server of both eras, ${known ? "known" : "not known"}, for the ${way}`, async () => {
        front.put(servers.dual.url);
        if (known) await oneOff();
        let refused = 0;
        front.put((request, response, body) => {
          if (request.headers["mcp-method"] !== "tools/call" || body?.params?.name !== "bad")
            return passOn(servers.dual.url, request, response, Buffer.from(body ? JSON.stringify(body) : ""));
          refused++;
          refuse(response, body, 400, { code: -32602, message: "bad name" });
        });
        if (way === "one-off") {
          const { code, stderr } = await home.run([front.url, "tools-call", "bad"]);
          expect(code).toBe(2);
          expect(stderr).toContain("bad name");
        } else {
          const client = way === "legacy client" ? "legacy" : "modern";
          const bad = { ...echo("bad", client), params: { ...echo("bad", client).params, name: "bad" } };
          const lines = await piped(home, [front.url], [...opening[client], bad, { ...bad, id: "worse" }]);
          for (const id of ["bad", "worse"])
            expect(answerTo(lines, id).error).toMatchObject({ code: -32602, message: "bad name" });
          expect(textOf(answerTo(lines, "call"))).toBe("hi");
        }
        expect(refused).toBeGreaterThan(0);
        front.put(servers.dual.url);
        await oneOff();
        expect(await requestsOf(oneOff)).toEqual(["POST tools/call"]);
        expect(front.requests.slice(-1)).toEqual(["POST tools/call"]);
        const meta = front.bodies.at(-1)?.params?._meta ?? {};
        expect(meta).toHaveProperty(["io.modelcontextprotocol/protocolVersion"]);
      });
    }
});
