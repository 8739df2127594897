// A legacy server with everything (official SDK 1.x) on loopback: Streamable HTTP, or HTTP+SSE of 2024-11-05.
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import {
  type EventStore,
  StreamableHTTPServerTransport,
} from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CallToolRequestSchema,
  type CallToolResult,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  EmptyResultSchema,
  GetPromptRequestSchema,
  type JSONRPCMessage,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListRootsResultSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  UrlElicitationRequiredError,
} from "@modelcontextprotocol/sdk/types.js";
import { close, listen } from "../net/listen.ts";
import { sleep } from "../waiting.ts";
import {
  CAPABILITIES,
  completions,
  createSeen,
  FORM,
  type FullServer,
  INFO,
  INSTRUCTIONS,
  LEVELS,
  PROMPTS,
  page,
  RESOURCES,
  SAMPLING,
  type Seen,
  TEMPLATES,
  TOOLS,
  text,
  VISIT,
} from "./full-server.ts";

export interface FullLegacyServer extends FullServer {
  /** Ends all connections and forgets all sessions, as a restart does. */
  restart(): void;
  /** Forgets all sessions; their streams stay open. */
  forget(): void;
  sessions(): number;
}

/** @param isResumable whether its streams have event ids, and can be resumed */
export async function startFullLegacyServer(
  transport: "http" | "sse",
  isResumable = false,
): Promise<FullLegacyServer> {
  const seen = createSeen();
  const http = createServer();
  const url = `http://127.0.0.1:${await listen(http)}/mcp`;
  const streams = new Map<string, StreamableHTTPServerTransport>();
  const pipes = new Map<string, SSEServerTransport>();

  async function overStreams(
    request: IncomingMessage,
    response: ServerResponse,
    body: unknown,
  ): Promise<void> {
    const id = String(request.headers["mcp-session-id"] ?? "");
    const known = streams.get(id);
    if (known) return known.handleRequest(request, response, body);
    if (id !== "" || request.method !== "POST") {
      response.writeHead(id === "" ? 400 : 404).end();
      return;
    }
    const made: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      ...(isResumable ? { eventStore: createEventStore() } : {}),
      onsessioninitialized: (session) => void streams.set(session, made),
      onsessionclosed: (session) => void streams.delete(session),
    });
    await createFullServer(seen).connect(made);
    return made.handleRequest(request, response, body);
  }

  async function overSse(request: IncomingMessage, response: ServerResponse, body: unknown): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    if (pathname === "/mcp" && request.method === "GET") {
      const made = new SSEServerTransport("/messages", response);
      pipes.set(made.sessionId, made);
      response.on("close", () => pipes.delete(made.sessionId));
      return createFullServer(seen).connect(made);
    }
    const pipe = pathname === "/messages" ? pipes.get(searchParams.get("sessionId") ?? "") : undefined;
    if (pipe) return pipe.handlePostMessage(request, response, body);
    response.writeHead(pathname === "/mcp" ? 405 : 404).end();
  }

  http.on("request", async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body: unknown = parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString("utf8")) : undefined;
    const method = (body as { method?: string } | undefined)?.method ?? "";
    seen.requests.push(`${request.method} ${method}`.trim());
    await (transport === "http" ? overStreams : overSse)(request, response, body).catch(() =>
      response.destroy(),
    );
  });
  return {
    url,
    seen,
    sessions: () => streams.size + pipes.size,
    forget: () => {
      streams.clear();
      pipes.clear();
    },
    restart: () => {
      streams.clear();
      pipes.clear();
      http.closeAllConnections();
    },
    stop: () => close(http),
  };
}

/** All events of one session's streams, in their order: that of the SDK's examples goes by the clock. */
function createEventStore(): EventStore {
  const events: { streamId: string; message: JSONRPCMessage }[] = [];
  return {
    storeEvent: async (streamId, message) => String(events.push({ streamId, message })),
    async replayEventsAfter(lastEventId, { send }) {
      const { streamId = "" } = events[Number(lastEventId) - 1] ?? {};
      for (const [at, event] of events.entries())
        if (at >= Number(lastEventId) && event.streamId === streamId)
          await send(String(at + 1), event.message);
      return streamId;
    },
  };
}

function createFullServer(seen: Seen): Server {
  const server = new Server(INFO, {
    capabilities: CAPABILITIES,
    instructions: INSTRUCTIONS,
  });
  let level = 0;
  const whoIn = (extra: Pick<RequestHandlerExtra<ServerRequest, ServerNotification>, "sendRequest">) =>
    extra.sendRequest({ method: "elicitation/create", params: FORM }, ElicitResultSchema);
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    level = (LEVELS as readonly string[]).indexOf(params.level);
    return {};
  });
  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const { items, ...more } = page(TOOLS, params?.cursor);
    return { tools: items, ...more };
  });
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources: RESOURCES }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates: TEMPLATES }));
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }, extra) => {
    if (uri === "memo://asked")
      return { contents: [{ uri, text: String((await whoIn(extra)).content?.name) }] };
    if (!RESOURCES.some((resource) => resource.uri === uri))
      throw new McpError(-32002, "Resource not found", { uri });
    return { contents: [{ uri, mimeType: "text/plain", text: `text of ${uri}` }] };
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    if (uri === "memo://secret") throw new McpError(-32602, "not that one");
    seen.subscribed.add(uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    seen.subscribed.delete(uri);
    return {};
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({ prompts: PROMPTS }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => {
    const asks = params.name === "ask";
    const name = asks ? (await whoIn(extra)).content?.name : params.arguments?.name;
    return {
      messages: [{ role: "user" as const, content: { type: "text" as const, text: `Greet ${name}` } }],
    };
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params }) => ({
    completion: { values: completions(params.argument.value), total: 3 },
  }));
  server.fallbackRequestHandler = async ({ method, params }) => {
    if (method !== "example.com/echo") throw new McpError(-32601, "Method not found");
    return { got: params };
  };
  server.fallbackNotificationHandler = async ({ method, params }) => {
    seen.notifications.push({ method, params });
  };

  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra): Promise<CallToolResult> => {
    const args: Record<string, unknown> = params.arguments ?? {};
    const { _meta = {} } = params;
    seen.meta = _meta;
    const elicit = (asked: object) =>
      extra.sendRequest({ method: "elicitation/create", params: asked as typeof FORM }, ElicitResultSchema);
    const roots = () => extra.sendRequest({ method: "roots/list" }, ListRootsResultSchema);
    switch (params.name) {
      case "echo":
        return text(String(args.text));
      case "sum":
        return { ...text("sum"), structuredContent: { sum: Number(args.a) + Number(args.b) } };
      case "fail":
        return { ...text("it went wrong"), isError: true };
      case "explode":
        throw new McpError(-31234, "boom", { why: ["because"] });
      case "extra":
        return {
          ...text("extra"),
          "example.com/member": { deep: [1] },
          _meta: { "example.com/trace": "t-1" },
        };
      case "slow": {
        extra.signal.addEventListener("abort", () => seen.cancelled++);
        const ms = Number(args.ms);
        for (let step = 1; step <= 3 && !extra.signal.aborted; step++) {
          await sleep(ms / 4);
          const progressToken = _meta.progressToken;
          if (progressToken !== undefined)
            await extra.sendNotification({
              method: "notifications/progress",
              params: { progressToken, progress: step, total: 3, message: `step ${step}` },
            });
        }
        await sleep(ms / 4);
        return text("done");
      }
      case "log":
        for (const [at, one] of LEVELS.entries())
          if (at >= level)
            await extra.sendNotification({
              method: "notifications/message",
              params: { level: one, logger: "full", data: { said: one } },
            });
        await sleep(50);
        return text("logged");
      case "ask":
      case "ask-slowly": {
        const progress = async (at: number) => {
          const progressToken = _meta.progressToken;
          if (progressToken !== undefined)
            await extra.sendNotification({
              method: "notifications/progress",
              params: { progressToken, progress: at },
            });
        };
        if (params.name === "ask-slowly") await progress(1);
        const answer = await elicit(FORM);
        seen.answers = [answer];
        if (params.name === "ask-slowly") {
          await progress(2);
          await sleep(50);
        }
        return text(`${answer.action} ${answer.content?.name ?? ""}`.trim());
      }
      case "ask-url": {
        const answer = await elicit({ mode: "url", elicitationId: "e-1", ...VISIT });
        seen.answers = [answer];
        return text(answer.action);
      }
      case "need-url": {
        // The second call finds that the user has been there.
        if (seen.states.includes("visited")) return text("let in");
        seen.states.push("visited");
        throw new UrlElicitationRequiredError([{ mode: "url", elicitationId: "e-2", ...VISIT }]);
      }
      case "sample": {
        const answer = await extra.sendRequest(
          { method: "sampling/createMessage", params: SAMPLING },
          CreateMessageResultSchema,
        );
        seen.answers = [answer];
        return text(JSON.stringify(answer.content));
      }
      case "roots":
        return text((await roots()).roots.map(({ uri }) => uri).join(" "));
      case "ask-both": {
        const [name, found] = await Promise.all([elicit(FORM), roots()]);
        return text(`${name.content?.name} ${found.roots.map(({ uri }) => uri).join(" ")}`);
      }
      case "ask-thrice": {
        const names: unknown[] = [];
        for (let round = 0; round < 3; round++) names.push((await elicit(FORM)).content?.name);
        return text(names.join(" "));
      }
      case "touch":
        if (seen.subscribed.has(String(args.uri)))
          await server.sendResourceUpdated({ uri: String(args.uri) });
        return text("touched");
      case "change":
        if (args.what === "tools") await server.sendToolListChanged();
        else if (args.what === "prompts") await server.sendPromptListChanged();
        else await server.sendResourceListChanged();
        return text("changed");
      case "pong":
        await extra.sendNotification({
          method: "example.com/pong",
          params: { n: 1 },
        } as unknown as Parameters<typeof extra.sendNotification>[0]);
        await sleep(50);
        return text("ponged");
      case "ping-back":
        await extra.sendRequest({ method: "ping" }, EmptyResultSchema);
        return text("alive");
      default:
        throw new McpError(-32602, `Unknown tool ${params.name}`);
    }
  });
  return server;
}
