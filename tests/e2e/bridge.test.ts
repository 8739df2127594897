// The official client over the bridge sees what it sees over HTTP, with a login or without.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
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
import { BINARY, createHome, homeForEachTest } from "../support/home.ts";
import { startMcpServer } from "../support/mcp/mcp-server.ts";
import { until } from "../support/waiting.ts";
import { logIn, startWorld, type World } from "../support/world.ts";

const home = homeForEachTest();
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());
beforeEach(() => logIn(world, home));

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
