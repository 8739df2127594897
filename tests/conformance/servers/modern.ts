// The server that the conformance suite's scenarios of 2026-07-28 are made for (official SDK 2.x), on loopback.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import {
  localhostHostValidation,
  localhostOriginValidation,
  toNodeHandler,
} from "@modelcontextprotocol/node";
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  completable,
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  type InputRequests,
  inputRequired,
  McpServer,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { z } from "zod";
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
  MIRRORED_SCHEMA,
  PROMPTS,
  SCHEMA_2020_12,
  says,
  TEMPLATE,
  templateContent,
} from "./content.ts";

export interface ConformanceServer {
  url: string;
  stop(): Promise<void>;
}

type Notify = { toolsChanged(): void; promptsChanged(): void };
type State = { round: number; name?: string };
const states = createRequestStateCodec<State>({ key: new Uint8Array(randomBytes(32)) });

export async function startModernConformanceServer(): Promise<ConformanceServer> {
  const handler = createMcpHandler(() => createConformanceServer(handler.notify), { legacy: "reject" });
  const node = toNodeHandler(handler);
  const hostIsLocal = localhostHostValidation();
  const originIsLocal = localhostOriginValidation();
  const http = createServer((request, response) => {
    if (!hostIsLocal(request, response) || !originIsLocal(request, response)) return;
    const { method = "POST", url = "/" } = request;
    void node(Object.assign(request, { method, url }), response);
  });
  const port = await listen(http);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    stop: () => close(http),
  };
}

function createConformanceServer(notify: Notify): McpServer {
  const server = new McpServer(
    { name: "conformance-modern", version: "1.0.0" },
    {
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
      requestState: { verify: states.verify },
    },
  );
  addTools(server, notify);
  addAskingTools(server);
  addPrompts(server);
  addResources(server);
  return server;
}

const nothing = z.object({});

function addTools(server: McpServer, notify: Notify): void {
  server.registerTool(
    "test_x_mcp_header",
    {
      description: "Its region is mirrored into a header",
      inputSchema: fromJsonSchema<{ region?: string }>(MIRRORED_SCHEMA),
    },
    ({ region }) => says(`region ${region ?? "unknown"}`),
  );
  for (const [name, content] of Object.entries(FIXED_TOOLS))
    server.registerTool(name, { description: "Always says the same", inputSchema: nothing }, () => ({
      content,
    }));
  server.registerTool("test_error_handling", { description: "Fails", inputSchema: nothing }, () => {
    throw new Error("This tool intentionally returns an error for testing");
  });
  server.registerTool(
    "test_tool_with_progress",
    { description: "Tells of its progress", inputSchema: nothing },
    async (_args, { mcpReq }) => {
      const progressToken = mcpReq._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined)
          await mcpReq.notify({
            method: "notifications/progress",
            params: { progressToken, progress, total: 100 },
          });
        await sleep(50);
      }
      return says("done");
    },
  );
  for (const name of ["test_tool_with_logging", "test_logging_tool"])
    server.registerTool(
      name,
      { description: "Logs, where the request wants it", inputSchema: nothing },
      async (_args, { mcpReq }) => {
        for (const said of ["Tool execution started", "Tool processing data", "Tool execution completed"]) {
          await mcpReq.log("info", said);
          await sleep(50);
        }
        return says("logged");
      },
    );
  server.registerTool(
    "json_schema_2020_12_tool",
    { description: "Has a rich schema", inputSchema: fromJsonSchema(SCHEMA_2020_12) },
    (args) => says(JSON.stringify(args)),
  );
  server.registerTool(
    "test_reconnection",
    { description: "Takes its time", inputSchema: nothing },
    async () => {
      await sleep(200);
      return says("answered after a while");
    },
  );
  server.registerTool(
    "test_trigger_tool_change",
    { description: "Says that the tools changed", inputSchema: nothing },
    () => {
      notify.toolsChanged();
      return says("told");
    },
  );
  server.registerTool(
    "test_trigger_prompt_change",
    { description: "Says that the prompts changed", inputSchema: nothing },
    () => {
      notify.promptsChanged();
      return says("told");
    },
  );
}

/** Tools that need something of the client. */
function addAskingTools(server: McpServer): void {
  for (const name of ["test_input_required_result_sampling", "test_missing_capability"])
    server.registerTool(
      name,
      { description: "Asks the client's model", inputSchema: nothing },
      (_args, { mcpReq }) => {
        const known = mcpReq.inputResponses?.capital_question;
        if (known) return says(JSON.stringify(known));
        return inputRequired({
          inputRequests: { capital_question: inputRequired.createMessage(CAPITAL_QUESTION) },
        });
      },
    );
  server.registerTool(
    "test_sampling",
    { description: "Asks the client's model", inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }, { mcpReq }) => {
      const known = mcpReq.inputResponses?.answer;
      if (known) return says(`LLM response: ${JSON.stringify(known)}`);
      const messages = [{ role: "user" as const, content: { type: "text" as const, text: prompt } }];
      return inputRequired({
        inputRequests: { answer: inputRequired.createMessage({ messages, maxTokens: 100 }) },
      });
    },
  );
  for (const [name, message, requestedSchema] of [
    ["test_elicitation", "Please provide your information", CONTACT_FORM],
    ["test_elicitation_sep1034_defaults", "Please review", DEFAULTS_FORM],
    ["test_elicitation_sep1330_enums", "Please choose", CHOICES_FORM],
  ] as const)
    server.registerTool(
      name,
      { description: "Asks the user", inputSchema: z.object({ message: z.string().optional() }) },
      (args, { mcpReq }) => {
        const known = mcpReq.inputResponses?.form;
        if (known) return says(`Elicitation completed: ${JSON.stringify(known)}`);
        const asked = { message: args.message ?? message, requestedSchema };
        return inputRequired({ inputRequests: { form: inputRequired.elicit(asked) } });
      },
    );
  server.registerTool(
    "test_input_required_result_elicitation",
    { description: "Asks for a name", inputSchema: nothing },
    (_args, { mcpReq }) => {
      const name = acceptedContent(mcpReq.inputResponses, "user_name")?.name;
      return typeof name === "string" ? says(`Hello, ${name}!`) : inputRequired({ inputRequests: whoIsIt() });
    },
  );
  server.registerTool(
    "test_input_required_result_list_roots",
    { description: "Asks for the roots", inputSchema: nothing },
    (_args, { mcpReq }) => {
      const known = mcpReq.inputResponses?.client_roots;
      return known
        ? says(JSON.stringify(known))
        : inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } });
    },
  );
  for (const name of [
    "test_input_required_result_request_state",
    "test_input_required_result_tampered_state",
  ])
    server.registerTool(
      name,
      { description: "Asks, and remembers by a sealed state", inputSchema: nothing },
      async (_args, { mcpReq }) => {
        // The state was proven by the server's `verify` before this runs.
        if (mcpReq.requestState<State>() && acceptedContent(mcpReq.inputResponses, "confirm"))
          return says("state-ok");
        const asked = { message: "Please confirm", requestedSchema: CONFIRM_FORM };
        return inputRequired({
          inputRequests: { confirm: inputRequired.elicit(asked) },
          requestState: await states.mint({ round: 1 }),
        });
      },
    );
  server.registerTool(
    "test_input_required_result_multiple_inputs",
    { description: "Asks three things at once", inputSchema: nothing },
    async (_args, { mcpReq }) => {
      const known = mcpReq.inputResponses ?? {};
      const inputRequests = {
        ...whoIsIt(),
        greeting: inputRequired.createMessage(GREETING_QUESTION),
        client_roots: inputRequired.listRoots(),
      };
      if (Object.keys(inputRequests).every((key) => known[key])) return says(JSON.stringify(known));
      return inputRequired({ inputRequests, requestState: await states.mint({ round: 1 }) });
    },
  );
  server.registerTool(
    "test_input_required_result_multi_round",
    { description: "Asks twice, one after the other", inputSchema: nothing },
    async (_args, { mcpReq }) => {
      const { round, name } = mcpReq.requestState<State>() ?? { round: 0 };
      const answer = acceptedContent<Record<string, string>>(mcpReq.inputResponses, `step${round}`);
      if (round === 2 && answer) return says(`${name} likes ${answer.color}`);
      const next = round === 1 && answer ? 2 : 1;
      const asked =
        next === 1
          ? { message: "Step 1: What is your name?", requestedSchema: form("name") }
          : { message: "Step 2: What is your favorite color?", requestedSchema: form("color") };
      return inputRequired({
        inputRequests: { [`step${next}`]: inputRequired.elicit(asked) },
        requestState: await states.mint({ round: next, ...(answer?.name ? { name: answer.name } : {}) }),
      });
    },
  );
  server.registerTool(
    "test_input_required_result_capabilities",
    { description: "Asks only what the client can answer", inputSchema: nothing },
    (_args, { mcpReq }) => {
      if (mcpReq.inputResponses) return says("answered");
      const envelope: Record<string, unknown> = { ...mcpReq.envelope };
      const can: { elicitation?: object; sampling?: object } = envelope[CLIENT_CAPABILITIES_META_KEY] ?? {};
      const inputRequests: InputRequests = {
        ...(can.elicitation ? whoIsIt() : {}),
        ...(can.sampling ? { greeting: inputRequired.createMessage(GREETING_QUESTION) } : {}),
      };
      return inputRequired({ inputRequests });
    },
  );
}

const whoIsIt = () => ({
  user_name: inputRequired.elicit({ message: "What is your name?", requestedSchema: form("name") }),
});

function addPrompts(server: McpServer): void {
  for (const [name, { args, messages }] of Object.entries(PROMPTS)) {
    // The suite asks for completions of this one.
    const said =
      name === "test_prompt_with_arguments" ? completable(z.string(), () => ["test1", "test2"]) : z.string();
    server.registerPrompt(
      name,
      {
        description: "A prompt",
        ...(args.length > 0
          ? { argsSchema: z.object(Object.fromEntries(args.map((arg) => [arg, said]))) }
          : {}),
      },
      (given: unknown) =>
        ({ messages: messages(args.length > 0 ? (given as Record<string, string>) : {}) }) as never,
    );
  }
  server.registerPrompt(
    "test_input_required_result_prompt",
    { description: "Asks for a context" },
    ({ mcpReq }) => {
      const context = acceptedContent(mcpReq.inputResponses, "user_context")?.context;
      if (typeof context === "string")
        return { messages: [{ role: "user", content: { type: "text", text: context } }] };
      const asked = { message: "What context should the prompt use?", requestedSchema: form("context") };
      return inputRequired({ inputRequests: { user_context: inputRequired.elicit(asked) } });
    },
  );
}

function addResources(server: McpServer): void {
  for (const { name, uri, mimeType, content } of FIXED_RESOURCES)
    server.registerResource(name, uri, { mimeType, description: "A resource" }, () => ({
      contents: [{ uri, mimeType, ...content }] as never,
    }));
  server.registerResource(
    "template",
    new ResourceTemplate(TEMPLATE, { list: undefined }),
    { mimeType: "application/json", description: "By id" },
    (uri, { id }) => ({ contents: [templateContent(uri.href, String(id))] }),
  );
}
