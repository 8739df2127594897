// Every pair of eras, with the official SDKs at both ends and the executable between them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client as ModernClient } from "@modelcontextprotocol/client";
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio";
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import {
  ElicitRequestSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { type RunningMcpServer, startMcpServer } from "../servers/mcp-server.ts";
import { type ModernServer, startModernServer } from "../servers/modern-server.ts";
import { BINARY, createHome, type Home } from "./harness.ts";

let home: Home;
let legacy: RunningMcpServer;
let modern: ModernServer;
beforeAll(async () => {
  home = createHome();
  legacy = await startMcpServer();
  modern = await startModernServer();
});
afterAll(async () => {
  home.remove();
  await legacy.stop();
  await modern.stop();
});

const until = async (met: () => boolean) => {
  for (let tries = 0; !met() && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(met()).toBe(true);
};

/** What a client can do, whatever its era. */
interface AnyClient {
  call(
    name: string,
    args?: object,
    options?: { onprogress?: (at: number) => void; signal?: AbortSignal },
  ): Promise<unknown>;
  tools(): Promise<string[]>;
  read(uri: string): Promise<unknown>;
  greet(): Promise<unknown>;
  server(): unknown;
  subscribe(uri: string): Promise<void>;
  updates: string[];
  changes: () => number;
  close(): Promise<void>;
}

const said = (result: unknown) => (result as { content: { text: string }[] }).content[0]?.text;
const parameters = (url: string) => ({
  command: BINARY,
  args: ["bridge", url],
  env: home.env,
  stderr: "inherit" as const,
});

async function connectLegacy(url: string): Promise<AnyClient> {
  const client = new LegacyClient({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
  const updates: string[] = [];
  let changes = 0;
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { name: "Ada" } }));
  client.setNotificationHandler(
    ResourceUpdatedNotificationSchema,
    ({ params }) => void updates.push(params.uri),
  );
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
  await client.connect(new LegacyStdio(parameters(url)));
  return {
    call: (name, args = {}, { onprogress, signal } = {}) =>
      client.callTool({ name, arguments: { ...args } }, undefined, {
        ...(onprogress ? { onprogress: ({ progress }) => onprogress(progress) } : {}),
        ...(signal ? { signal } : {}),
      }),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    read: (uri) => client.readResource({ uri }),
    greet: () => client.getPrompt({ name: "greet", arguments: { name: "Bo" } }),
    server: () => client.getServerVersion(),
    subscribe: async (uri) => void (await client.subscribeResource({ uri })),
    updates,
    changes: () => changes,
    close: () => client.close(),
  };
}

async function connectModern(url: string): Promise<AnyClient> {
  const client = new ModernClient(
    { name: "new", version: "1" },
    { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: "2026-07-28" } } },
  );
  const updates: string[] = [];
  let changes = 0;
  client.setRequestHandler("elicitation/create", () => ({ action: "accept", content: { name: "Ada" } }));
  client.setNotificationHandler(
    "notifications/resources/updated",
    ({ params }) => void updates.push(params.uri),
  );
  client.setNotificationHandler("notifications/tools/list_changed", () => void changes++);
  await client.connect(new ModernStdio(parameters(url)));
  return {
    call: (name, args = {}, { onprogress, signal } = {}) =>
      client.callTool(
        { name, arguments: { ...args } },
        {
          ...(onprogress ? { onprogress: ({ progress }) => onprogress(progress) } : {}),
          ...(signal ? { signal } : {}),
        },
      ),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    read: (uri) => client.readResource({ uri }),
    greet: () => client.getPrompt({ name: "greet", arguments: { name: "Bo" } }),
    server: () => client.getServerVersion(),
    subscribe: async (uri) =>
      void (await client.listen({ toolsListChanged: true, resourceSubscriptions: [uri] })),
    updates,
    changes: () => changes,
    close: () => client.close(),
  };
}

for (const [clientEra, connect] of [
  ["legacy", connectLegacy],
  ["modern", connectModern],
] as const)
  for (const serverEra of ["legacy", "modern"] as const)
    describe(`a ${clientEra} client with a ${serverEra} server`, () => {
      let client: AnyClient;
      beforeAll(async () => {
        client = await connect(serverEra === "legacy" ? legacy.url : modern.url);
      });
      afterAll(() => client.close());

      test("knows the server, its tools, resources and prompts", async () => {
        expect(client.server()).toMatchObject({
          name: serverEra === "legacy" ? "test-server" : "modern-server",
        });
        expect(await client.tools()).toContain("echo");
        expect(await client.read("memo://one")).toMatchObject({ contents: [{ uri: "memo://one" }] });
        expect(await client.greet()).toMatchObject({ messages: [{ content: { text: "Greet Bo" } }] });
      });

      test("calls, fails, and is told of what is missing", async () => {
        expect(said(await client.call("echo", { text: "ünï" }))).toBe("ünï");
        expect(await client.call("fail")).toMatchObject({ isError: true });
        await expect(client.read("memo://none")).rejects.toThrow();
      });

      test("hears progress", async () => {
        const progress: number[] = [];
        await client.call("slow", { ms: 80 }, { onprogress: (at) => void progress.push(at) });
        expect(progress.length).toBeGreaterThanOrEqual(3);
      });

      test("is asked and answers", async () => {
        expect(said(await client.call("ask"))).toBe("accept Ada");
        const both = await Promise.all([client.call("ask"), client.call("echo", { text: "beside" })]);
        expect(both.map(said)).toEqual(["accept Ada", "beside"]);
      });

      test("cancels", async () => {
        const cancelled = () => (serverEra === "legacy" ? legacy.cancelled.length : modern.cancelled());
        const before = cancelled();
        const abort = new AbortController();
        const call = client.call("slow", { ms: 8000 }, { signal: abort.signal });
        setTimeout(() => abort.abort(), 200);
        await expect(call).rejects.toThrow();
        await until(() => cancelled() > before);
        expect(said(await client.call("echo", { text: "alive" }))).toBe("alive");
      });

      test("hears of changes", async () => {
        await client.subscribe("memo://one");
        if (serverEra === "legacy") {
          await client.call("touch");
          await client.call("grow");
        } else {
          modern.touch();
          modern.grow();
        }
        await until(() => client.updates.includes("memo://one"));
        await until(() => client.changes() > 0);
      });
    });

test("a known modern server costs a one-off command one request", async () => {
  await home.run(["tools-list", modern.url]);
  const before = modern.requests.length;
  const { code, stdout } = await home.run(["tools-call", modern.url, "echo", "text=hi"]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: "hi\n" });
  expect(modern.requests.slice(before)).toEqual(["POST tools/call"]);
});
