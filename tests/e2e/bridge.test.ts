import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { BINARY, createHome, type Home } from "../support/home.ts";
import { startMcpServer } from "../support/mcp/mcp-server.ts";
import { listen } from "../support/net/listen.ts";
import { until } from "../support/waiting.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

let world: World;
let home: Home;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());
beforeEach(async () => {
  home = createHome();
  await logIn(world, home);
});
afterEach(() => home.remove());

function createClient(): Client {
  const client = new Client(
    { name: "test", version: "1" },
    { capabilities: { elicitation: {}, sampling: {}, roots: { listChanged: true } } },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name: "Ada" } }));
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: "none",
    role: "assistant",
    content: { type: "text", text: "Paris" },
  }));
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: "file:///work" }] }));
  return client;
}

async function overBridge(args = ["@svc"], env: Record<string, string> = {}): Promise<Client> {
  const client = createClient();
  await client.connect(
    new StdioClientTransport({ command: BINARY, args, env: { ...home.env, ...env }, stderr: "inherit" }),
  );
  return client;
}

/** Everything a client can see of the server. */
async function seeAll(client: Client) {
  const progress: number[] = [];
  const updated: string[] = [];
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void updated.push(params.uri),
  );
  await client.subscribeResource({ uri: "memo://one" });
  await client.callTool({ name: "touch" });
  const slow = await client.callTool({ name: "slow", arguments: { ms: 40 } }, undefined, {
    onprogress: ({ progress: at }) => void progress.push(at),
  });
  await until(() => updated.length > 0, 4000);
  return {
    server: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions(),
    tools: (await client.listTools()).tools.filter(({ name }) => !name.startsWith("grown")),
    echo: await client.callTool({ name: "echo", arguments: { text: "ünï\n\u2028" } }),
    add: await client.callTool({ name: "add", arguments: { a: 1, b: 2 } }),
    fail: await client.callTool({ name: "fail" }),
    ask: await client.callTool({ name: "ask" }),
    sample: await client.callTool({ name: "sample" }),
    roots: await client.callTool({ name: "roots" }),
    slow,
    progress,
    updated,
    resources: await client.listResources(),
    memo: await client.readResource({ uri: "memo://one" }),
    prompts: await client.listPrompts(),
    greeting: await client.getPrompt({ name: "greet", arguments: { name: "Bo" } }),
    missing: await client.readResource({ uri: "memo://none" }).catch((error) => String(error)),
  };
}

describe("the official client over the bridge", () => {
  test("sees what it sees over HTTP", async () => {
    const open = await startMcpServer();
    const direct = createClient();
    await direct.connect(new StreamableHTTPClientTransport(new URL(open.url)));
    const bridged = await overBridge();
    expect(await seeAll(bridged)).toEqual(await seeAll(direct));
    await bridged.close();
    await direct.close();
    await open.stop();
  });

  test("cancels a call at the server", async () => {
    const client = await overBridge();
    const abort = new AbortController();
    const before = world.mcp.cancelled.length;
    const call = client.callTool({ name: "slow", arguments: { ms: 5000 } }, undefined, {
      signal: abort.signal,
    });
    setTimeout(() => abort.abort(), 150);
    await expect(call).rejects.toThrow();
    await until(() => world.mcp.cancelled.length > before, 4000);
    expect((await client.callTool({ name: "echo", arguments: { text: "alive" } })).content).toEqual([
      { type: "text", text: "alive" },
    ]);
    await client.close();
  });

  test("hears of a changed list, and runs a fast call beside a slow one", async () => {
    const from = world.mcp.requests.length;
    const client = await overBridge();
    let changed = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changed++);
    // What changes before the stream is open is told to nobody.
    await until(() =>
      world.mcp.requests.slice(from).some(({ method, answered }) => method === "GET" && answered()),
    );
    // As slow as need be: its question is answered when the fast call is done.
    let asked = false;
    let fastIsDone = () => {};
    const fast = new Promise<void>((resolve) => {
      fastIsDone = resolve;
    });
    client.setRequestHandler(ElicitRequestSchema, async () => {
      asked = true;
      await fast;
      return { action: "accept", content: { name: "Ada" } };
    });
    const order: string[] = [];
    const slow = client.callTool({ name: "ask" }).then(() => order.push("slow"));
    await until(() => asked);
    await client.callTool({ name: "grow" });
    await client.callTool({ name: "echo", arguments: { text: "x" } }).then(() => order.push("fast"));
    fastIsDone();
    await slow;
    expect(order).toEqual(["fast", "slow"]);
    await until(() => changed > 0, 4000);
    await client.close();
  });

  test("does not notice that the server forgot the session", async () => {
    const client = await overBridge();
    let changed = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changed++);
    world.mcp.forgetSessions();
    const calls = ["a", "b", "c"].map((text) => client.callTool({ name: "echo", arguments: { text } }));
    const said = await Promise.all(calls);
    expect(said.map(({ content }) => content)).toEqual(
      ["a", "b", "c"].map((text) => [{ type: "text", text }]),
    );
    await until(() => changed > 0, 4000);
    await client.close();
  });

  test("ends its session at the server", async () => {
    const client = await overBridge();
    const before = world.mcp.sessions();
    await client.close();
    await until(() => world.mcp.sessions() === before - 1, 4000);
  });

  test("needs no login where the server asks for no token", async () => {
    const open = await startMcpServer();
    const client = await overBridge([open.url]);
    expect((await client.listTools()).tools.length).toBeGreaterThan(5);
    await client.close();
    await open.stop();
  });

  test("takes the credentials from its environment, with no login before", async () => {
    const empty = createHome();
    const { id, secret } = world.as.clients.basic;
    const env = { ...empty.env, M2MCP_CLIENT_ID: id, M2MCP_CLIENT_SECRET: secret, M2MCP_SCOPE: "mcp:read" };
    for (const requests of [1, 0]) {
      const before = world.as.tokenRequests.length;
      const client = createClient();
      await client.connect(
        new StdioClientTransport({ command: BINARY, args: [world.mcp.url], env, stderr: "inherit" }),
      );
      expect((await client.listTools()).tools.length).toBeGreaterThan(5);
      await client.close();
      expect(world.as.tokenRequests.length - before).toBe(requests);
    }
    empty.remove();
  });
});

const INITIALIZE = {
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "pipe", version: "1" } },
};
const lines = (...messages: unknown[]) =>
  messages.map((message) => `${typeof message === "string" ? message : JSON.stringify(message)}\n`).join("");
const answers = (stdout: string) =>
  stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("the bridge in a pipe", () => {
  test("answers what is piped in at once, junk included, and ends with the input", async () => {
    const { code, stdout, stderr } = await home.run(["bridge", "@svc"], {
      input: `\ufeff${lines(
        INITIALIZE,
        { jsonrpc: "2.0", method: "notifications/initialized" },
        "",
        "nonsense\r",
        '{"id":"x"}',
        {
          jsonrpc: "2.0",
          id: "two",
          method: "tools/call",
          params: { name: "slow", arguments: { ms: 400 } },
        },
      )}`,
    });
    expect(stderr).toBe("");
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
      input: lines(INITIALIZE, { jsonrpc: "2.0", id: 2, method: "tools/list" }),
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
      const server = createServer((_request, response) => {
        response.writeHead(status, { "content-type": type });
        response.end(body);
      });
      const url = `http://127.0.0.1:${await listen(server)}/mcp`;
      const { code, stdout } = await home.run(["bridge", url], { input: lines(INITIALIZE) });
      server.close();
      expect(code).toBe(0);
      const [answer, ...more] = answers(stdout);
      expect(more).toEqual([]);
      expect(answer.id).toBe(1);
      expect(answer.error.data.code).toBe(expected);
    });

  test("gives up on a server that says nothing", async () => {
    const server = createServer(() => {});
    const url = `http://127.0.0.1:${await listen(server)}/mcp`;
    const { code, stdout } = await home.run(["bridge", url, "--timeout", "1"], { input: lines(INITIALIZE) });
    server.closeAllConnections();
    server.close();
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
    const child = home.start(["bridge", "@svc"]);
    child.stdin.write(lines(INITIALIZE));
    await new Promise<void>((resolve) => child.stdout.once("data", () => resolve()));
    child.kill("SIGTERM");
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(code).toBe(0);
  });
});
