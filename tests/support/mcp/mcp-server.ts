// Real MCP servers (official SDK 1.x, Streamable HTTP, stateful) on loopback, protected or open.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import {
  CreateMessageResultSchema,
  ElicitResultSchema,
  ListRootsResultSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { close, listen } from "../net/listen.ts";
import { sleep } from "../waiting.ts";

export interface RequestSeen {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** Whether its answer has begun. */
  answered(): boolean;
}

export interface McpServerOptions {
  /** Tokens must come from here. */
  protect?: {
    issuer: string;
    jwksUri: string;
    scope?: string;
    scopesSupported?: string[];
    metadata?: "challenge" | "path" | "root";
  };
  port?: number;
  /** Another server than the one with one of each thing; made for each session. */
  create?: () => McpServer;
}

export interface RunningMcpServer {
  url: string;
  requests: RequestSeen[];
  /** Ids of the calls that were cancelled. */
  cancelled: string[];
  /** Tokens are refused from now on, until called again with false. */
  refuseTokens(refuse: boolean): void;
  /** Forgets all sessions, as a restart does. */
  forgetSessions(): void;
  sessions(): number;
  stop(): Promise<void>;
}

export async function startMcpServer(options: McpServerOptions = {}): Promise<RunningMcpServer> {
  const http = createServer();
  const port = await listen(http, options.port ?? 0);
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/mcp`;
  const requests: RequestSeen[] = [];
  const cancelled: string[] = [];
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const { protect } = options;
  const keys = protect ? createRemoteJWKSet(new URL(protect.jwksUri)) : undefined;
  let refusing = false;

  async function refusal(request: IncomingMessage): Promise<string | null> {
    if (!protect || !keys) return null;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (!token) return "";
    if (refusing) return "invalid_token";
    return jwtVerify(token, keys, { issuer: protect.issuer, audience: url }).then(
      () => null,
      () => "invalid_token",
    );
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", origin);
    const body = await readBody(request);
    requests.push({
      method: request.method ?? "",
      path: pathname,
      headers: request.headers,
      body,
      answered: () => response.headersSent,
    });
    const place = protect?.metadata ?? "challenge";
    const metadataPath = `/.well-known/oauth-protected-resource${place === "root" ? "" : "/mcp"}`;
    if (protect && pathname === metadataPath) {
      response.writeHead(200, { "content-type": "application/json" });
      const scopes = protect.scopesSupported ? { scopes_supported: protect.scopesSupported } : {};
      response.end(JSON.stringify({ resource: url, authorization_servers: [protect.issuer], ...scopes }));
      return;
    }
    if (pathname !== "/mcp") {
      response.writeHead(404).end();
      return;
    }
    const refused = await refusal(request);
    if (refused !== null) {
      const said = [
        place === "challenge" ? `resource_metadata="${origin}${metadataPath}"` : "",
        protect?.scope ? `scope="${protect.scope}"` : "",
        refused ? `error="${refused}"` : "",
      ].filter((part) => part !== "");
      response.writeHead(401, { "www-authenticate": `Bearer ${said.join(", ")}` }).end();
      return;
    }
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? transports.get(id) : undefined;
    if (known) return known.handleRequest(request, response, body === "" ? undefined : JSON.parse(body));
    if (typeof id === "string") {
      response.writeHead(404, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32001, message: "Session not found" } }),
      );
      return;
    }
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void transports.set(session, transport),
      onsessionclosed: (session) => void transports.delete(session),
    });
    await (options.create?.() ?? createTestServer(cancelled)).connect(transport);
    await transport.handleRequest(request, response, body === "" ? undefined : JSON.parse(body));
  }

  http.on("request", (request, response) => void answer(request, response).catch(() => response.destroy()));
  return {
    url,
    requests,
    cancelled,
    refuseTokens: (refuse) => {
      refusing = refuse;
    },
    forgetSessions: () => {
      for (const transport of transports.values()) void transport.close();
      transports.clear();
    },
    sessions: () => transports.size,
    stop: () => close(http),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
/** A server with one of each thing that MCP has. */
function createTestServer(cancelled: string[]): McpServer {
  const server = new McpServer(
    { name: "test-server", version: "1.2.3" },
    {
      capabilities: {
        logging: {},
        resources: { subscribe: true, listChanged: true },
        tools: { listChanged: true },
      },
      instructions: "Use echo to hear yourself.",
    },
  );
  const subscribed = new Set<string>();
  server.server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  server.registerTool(
    "echo",
    {
      description: "Says what it was told",
      inputSchema: { text: z.string() },
      annotations: { readOnlyHint: true },
    },
    ({ text: said }) => text(said),
  );
  server.registerTool(
    "add",
    {
      description: "Adds two numbers",
      inputSchema: { a: z.number(), b: z.number() },
      outputSchema: { sum: z.number() },
    },
    ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  );
  server.registerTool("fail", { description: "Always fails" }, () => ({
    ...text("it went wrong"),
    isError: true,
  }));
  server.registerTool("big", { description: "A long text", inputSchema: { size: z.number() } }, ({ size }) =>
    text("x".repeat(size)),
  );
  server.registerTool(
    "slow",
    { description: "Takes its time and tells of its progress", inputSchema: { ms: z.number() } },
    async ({ ms }, { signal, sendNotification, _meta, requestId }) => {
      signal.addEventListener("abort", () => cancelled.push(String(requestId)));
      for (let step = 1; step <= 4 && !signal.aborted; step++) {
        await sleep(ms / 5);
        if (_meta?.progressToken !== undefined)
          await sendNotification({
            method: "notifications/progress",
            params: { progressToken: _meta.progressToken, progress: step, total: 4 },
          });
      }
      // Clients stop listening for progress with the answer, so the last step must not come with it.
      await sleep(ms / 5);
      return text("done");
    },
  );
  server.registerTool("ask", { description: "Asks for a name" }, async ({ sendRequest }) => {
    const requestedSchema = {
      type: "object" as const,
      properties: { name: { type: "string" as const } },
      required: ["name"],
    };
    const answer = await sendRequest(
      { method: "elicitation/create", params: { message: "Your name?", requestedSchema } },
      ElicitResultSchema,
    );
    return text(`${answer.action} ${answer.content?.name ?? ""}`.trim());
  });
  server.registerTool("sample", { description: "Asks the model" }, async ({ sendRequest }) => {
    const messages = [
      { role: "user" as const, content: { type: "text" as const, text: "capital of France?" } },
    ];
    const answer = await sendRequest(
      { method: "sampling/createMessage", params: { messages, maxTokens: 10 } },
      CreateMessageResultSchema,
    );
    return text(JSON.stringify(answer.content));
  });
  server.registerTool("roots", { description: "Asks for the roots" }, async ({ sendRequest }) => {
    const { roots } = await sendRequest({ method: "roots/list" }, ListRootsResultSchema);
    return text(roots.map(({ uri }) => uri).join(" "));
  });
  server.registerTool("touch", { description: "Changes the resource memo" }, async () => {
    if (subscribed.has("memo://one")) await server.server.sendResourceUpdated({ uri: "memo://one" });
    return text("touched");
  });
  server.registerTool("grow", { description: "Adds a tool" }, () => {
    server.registerTool(`grown-${randomUUID()}`, { description: "Grown" }, () => text("hello"));
    return text("grown");
  });
  server.registerResource("memo", "memo://one", { mimeType: "text/plain", description: "A memo" }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: "text/plain", text: "remember the milk" }],
  }));
  server.registerResource("pixel", "memo://pixel", { mimeType: "image/png" }, (uri) => ({
    contents: [
      { uri: uri.href, mimeType: "image/png", blob: Buffer.from([137, 80, 78, 71]).toString("base64") },
    ],
  }));
  server.registerPrompt(
    "greet",
    { description: "A greeting", argsSchema: { name: z.string() } },
    ({ name }) => ({
      messages: [{ role: "user", content: { type: "text", text: `Greet ${name}` } }],
    }),
  );
  return server;
}
