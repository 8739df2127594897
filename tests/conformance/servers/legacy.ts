// The server that the conformance suite's scenarios of 2025-11-25 are made for (official SDK 1.x), on loopback. It
// has the tools of the later scenarios too, asking the client in the way of its own era.

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
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  ErrorCode,
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
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { close, listen } from "../../support/net/listen.ts";
import { sleep } from "../../support/waiting.ts";
import {
  CAPITAL_QUESTION,
  CHOICES_FORM,
  CONFIRM_FORM,
  CONTACT_FORM,
  DEFAULTS_FORM,
  FIXED_RESOURCES,
  FIXED_TOOLS,
  form,
  GREETING_QUESTION,
  PROMPTS,
  SCHEMA_2020_12,
  says,
  TEMPLATE,
  templateContent,
} from "./content.ts";
import type { ConformanceServer } from "./modern.ts";

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Form = { type: "object"; properties: object; required?: string[] };
interface Tool {
  inputSchema: { type: "object" };
  run(server: Server, args: Record<string, unknown>, extra: Extra): Promise<object> | object;
}

export async function startLegacyConformanceServer(): Promise<ConformanceServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const http = createServer();
  const port = await listen(http);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers["mcp-session-id"];
    const known = typeof id === "string" ? transports.get(id) : undefined;
    if (known) return known.handleRequest(request, response);
    if (typeof id === "string") {
      response.writeHead(404).end();
      return;
    }
    const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void transports.set(session, transport),
      onsessionclosed: (session) => void transports.delete(session),
      eventStore: createEventStore(),
      retryInterval: 100,
      enableDnsRebindingProtection: true,
      allowedHosts: [`127.0.0.1:${port}`, `localhost:${port}`],
    });
    await createConformanceServer().connect(transport);
    await transport.handleRequest(request, response);
  }

  http.on("request", (request, response) => void answer(request, response).catch(() => response.destroy()));
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop: () => close(http),
  };
}

/** The same server over HTTP+SSE, as it was until 2024-11-05. */
export async function startSseConformanceServer(): Promise<ConformanceServer> {
  const transports = new Map<string, SSEServerTransport>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
    if (request.method === "GET" && pathname === "/mcp") {
      const transport = new SSEServerTransport("/messages", response);
      transports.set(transport.sessionId, transport);
      response.on("close", () => transports.delete(transport.sessionId));
      return createConformanceServer().connect(transport);
    }
    const known = transports.get(searchParams.get("sessionId") ?? "");
    if (request.method === "POST" && pathname === "/messages" && known)
      return known.handlePostMessage(request, response);
    response.writeHead(pathname === "/mcp" ? 405 : 404).end();
  }

  const http = createServer();
  http.on("request", (request, response) => void answer(request, response).catch(() => response.destroy()));
  const port = await listen(http);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop: () => close(http),
  };
}

/** Events of one session, in order, so that each stream can be resumed. */
function createEventStore(): EventStore {
  const events: { stream: string; message: JSONRPCMessage }[] = [];
  const streamOf = (id: string) => events[Number(id)]?.stream ?? "";
  return {
    storeEvent: async (stream, message) => String(events.push({ stream, message }) - 1),
    getStreamIdForEventId: async (id) => streamOf(id),
    async replayEventsAfter(last, { send }) {
      const stream = streamOf(last);
      for (const [at, event] of events.entries())
        if (at > Number(last) && event.stream === stream && "jsonrpc" in event.message)
          await send(String(at), event.message);
      return stream;
    },
  };
}

const empty = { type: "object" as const, properties: {} };
const noArguments = (run: Tool["run"]): Tool => ({ inputSchema: empty, run });

const elicit = (extra: Extra, message: string, requestedSchema: Form) =>
  extra.sendRequest(
    { method: "elicitation/create", params: { message, requestedSchema } } as ServerRequest,
    ElicitResultSchema,
  );
const sample = (extra: Extra, params: object) =>
  extra.sendRequest({ method: "sampling/createMessage", params } as ServerRequest, CreateMessageResultSchema);
const roots = (extra: Extra) => extra.sendRequest({ method: "roots/list" }, ListRootsResultSchema);

const asks = (message: string, requestedSchema: Form): Tool => ({
  inputSchema: { type: "object", properties: { message: { type: "string" } } } as Tool["inputSchema"],
  run: async (_server, args, extra) =>
    says(
      `Elicitation completed: ${JSON.stringify(await elicit(extra, String(args.message ?? message), requestedSchema))}`,
    ),
});

const TOOLS: Record<string, Tool> = {
  ...Object.fromEntries(
    Object.entries(FIXED_TOOLS).map(([name, content]) => [name, noArguments(() => ({ content }))]),
  ),
  test_error_handling: noArguments(() => ({
    ...says("This tool intentionally returns an error for testing"),
    isError: true,
  })),
  test_tool_with_progress: noArguments(async (_server, _args, extra) => {
    const progressToken = extra._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined)
        await extra.sendNotification({
          method: "notifications/progress",
          params: { progressToken, progress, total: 100 },
        });
      await sleep(50);
    }
    return says("done");
  }),
  ...Object.fromEntries(
    ["test_tool_with_logging", "test_logging_tool"].map((name) => [
      name,
      noArguments(async (_server, _args, extra) => {
        for (const data of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
          await extra.sendNotification({ method: "notifications/message", params: { level: "info", data } });
          await sleep(50);
        }
        return says("logged");
      }),
    ]),
  ),
  test_sampling: {
    inputSchema: { type: "object", properties: { prompt: { type: "string" } } } as Tool["inputSchema"],
    run: async (_server, { prompt }, extra) => {
      const messages = [{ role: "user", content: { type: "text", text: prompt } }];
      return says(`LLM response: ${JSON.stringify(await sample(extra, { messages, maxTokens: 100 }))}`);
    },
  },
  test_elicitation: asks("Please provide your information", CONTACT_FORM),
  test_elicitation_sep1034_defaults: asks("Please review", DEFAULTS_FORM),
  test_elicitation_sep1330_enums: asks("Please choose", CHOICES_FORM),
  json_schema_2020_12_tool: {
    inputSchema: SCHEMA_2020_12,
    run: (_server, args) => says(JSON.stringify(args)),
  },
  // Closes its stream while it works: the client must come back for the answer.
  test_reconnection: noArguments(async (_server, _args, extra) => {
    await sleep(50);
    extra.closeSSEStream?.();
    await sleep(200);
    return says("answered after a while");
  }),
  test_trigger_tool_change: noArguments(async (server) => {
    await server.sendToolListChanged();
    return says("told");
  }),
  test_trigger_prompt_change: noArguments(async (server) => {
    await server.sendPromptListChanged();
    return says("told");
  }),
  test_input_required_result_elicitation: noArguments(async (_server, _args, extra) => {
    const { content } = await elicit(extra, "What is your name?", form("name"));
    return says(`Hello, ${content?.name}!`);
  }),
  test_input_required_result_sampling: noArguments(async (_server, _args, extra) =>
    says(JSON.stringify(await sample(extra, CAPITAL_QUESTION))),
  ),
  test_input_required_result_list_roots: noArguments(async (_server, _args, extra) =>
    says(JSON.stringify(await roots(extra))),
  ),
  ...Object.fromEntries(
    ["test_input_required_result_request_state", "test_input_required_result_tampered_state"].map((name) => [
      name,
      noArguments(async (_server, _args, extra) => {
        await elicit(extra, "Please confirm", CONFIRM_FORM);
        return says("state-ok");
      }),
    ]),
  ),
  test_input_required_result_multiple_inputs: noArguments(async (_server, _args, extra) =>
    says(
      JSON.stringify(
        await Promise.all([
          elicit(extra, "What is your name?", form("name")),
          sample(extra, GREETING_QUESTION),
          roots(extra),
        ]),
      ),
    ),
  ),
  test_input_required_result_multi_round: noArguments(async (_server, _args, extra) => {
    const first = await elicit(extra, "Step 1: What is your name?", form("name"));
    const second = await elicit(extra, "Step 2: What is your favorite color?", form("color"));
    return says(`${first.content?.name} likes ${second.content?.color}`);
  }),
  test_input_required_result_capabilities: noArguments(async (server, _args, extra) => {
    const can = server.getClientCapabilities() ?? {};
    if (can.elicitation) await elicit(extra, "What is your name?", form("name"));
    if (can.sampling) await sample(extra, GREETING_QUESTION);
    return says("answered");
  }),
};

function createConformanceServer(): Server {
  const server = new Server(
    { name: "conformance-legacy", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: Object.entries(TOOLS).map(([name, { inputSchema }]) => ({
      name,
      description: "A tool",
      inputSchema,
    })),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = TOOLS[params.name];
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `no tool ${params.name}`);
    return { ...(await tool.run(server, params.arguments ?? {}, extra)) };
  });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.entries({ ...PROMPTS, test_input_required_result_prompt: { args: [] } }).map(
      ([name, { args }]) => ({
        name,
        description: "A prompt",
        arguments: args.map((arg) => ({ name: arg, required: true })),
      }),
    ),
  }));
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => {
    if (params.name === "test_input_required_result_prompt") {
      const { content } = await elicit(extra, "What context should the prompt use?", form("context"));
      return { messages: [{ role: "user", content: { type: "text", text: String(content?.context) } }] };
    }
    const prompt = PROMPTS[params.name];
    if (!prompt) throw new McpError(ErrorCode.InvalidParams, `no prompt ${params.name}`);
    return { messages: prompt.messages(params.arguments ?? {}) };
  });
  server.setRequestHandler(CompleteRequestSchema, () => ({
    completion: { values: ["test1", "test2"], total: 2, hasMore: false },
  }));
  addResources(server);
  return server;
}

function addResources(server: Server): void {
  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: FIXED_RESOURCES.map(({ name, uri, mimeType }) => ({
      name,
      uri,
      mimeType,
      description: "A resource",
    })),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      { name: "template", uriTemplate: TEMPLATE, mimeType: "application/json", description: "By id" },
    ],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const known = FIXED_RESOURCES.find((resource) => resource.uri === uri);
    if (known) return { contents: [{ uri, mimeType: known.mimeType, ...known.content }] };
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    if (id !== undefined) return { contents: [templateContent(uri, id)] };
    // Resource not found, as it was until 2025-11-25.
    throw new McpError(-32002, "Resource not found", { uri });
  });
  const subscribed = new Set<string>();
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscribed.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
}
