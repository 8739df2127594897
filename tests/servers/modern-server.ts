// A real MCP server of 2026-07-28 only (official SDK 2.x) on loopback.
import { createServer } from "node:http";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { acceptedContent, createMcpHandler, inputRequired, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { listen } from "./listen.ts";

export interface ModernServer {
  url: string;
  /** Method and body of every HTTP request. */
  requests: string[];
  cancelled: () => number;
  touch(): void;
  grow(): void;
  stop(): Promise<void>;
}

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function startModernServer(): Promise<ModernServer> {
  let cancelled = 0;
  const handler = createMcpHandler(
    () => {
      const server = new McpServer(
        { name: "modern-server", version: "2.0.0" },
        {
          capabilities: {
            tools: { listChanged: true },
            resources: { subscribe: true, listChanged: true },
            logging: {},
          },
          instructions: "Modern.",
        },
      );
      server.registerTool(
        "echo",
        { description: "Echo", inputSchema: z.object({ text: z.string() }) },
        ({ text: said }) => text(said),
      );
      server.registerTool("fail", { description: "Fails", inputSchema: z.object({}) }, () => ({
        ...text("it went wrong"),
        isError: true,
      }));
      server.registerTool("ask", { description: "Asks", inputSchema: z.object({}) }, (_args, context) => {
        const known = acceptedContent<{ name: string }>(context.mcpReq.inputResponses, "who");
        if (known) return text(`accept ${known.name}`);
        const requestedSchema = {
          type: "object" as const,
          properties: { name: { type: "string" as const } },
          required: ["name"],
        };
        return inputRequired({
          inputRequests: { who: inputRequired.elicit({ message: "Your name?", requestedSchema }) },
          requestState: "state-1",
        });
      });
      server.registerTool(
        "slow",
        { description: "Slow", inputSchema: z.object({ ms: z.number() }) },
        async ({ ms }, context) => {
          const { signal, _meta } = context.mcpReq;
          signal.addEventListener("abort", () => cancelled++);
          const progressToken = _meta?.progressToken;
          for (let step = 1; step <= 3 && !signal.aborted; step++) {
            await sleep(ms / 4);
            if (progressToken !== undefined)
              await context.mcpReq.notify({
                method: "notifications/progress",
                params: { progressToken, progress: step, total: 3 },
              });
          }
          await sleep(ms / 4);
          return text("done");
        },
      );
      server.registerResource("memo", "memo://one", { mimeType: "text/plain" }, (uri) => ({
        contents: [{ uri: uri.href, mimeType: "text/plain", text: "remember" }],
      }));
      server.registerPrompt(
        "greet",
        { description: "Greets", argsSchema: z.object({ name: z.string() }) },
        ({ name }) => ({
          messages: [{ role: "user", content: { type: "text", text: `Greet ${name}` } }],
        }),
      );
      return server;
    },
    { legacy: "reject" },
  );
  const requests: string[] = [];
  const node = toNodeHandler(handler);
  const http = createServer((request, response) => {
    requests.push(`${request.method} ${request.headers["mcp-method"] ?? ""}`.trim());
    void node(
      Object.assign(request, { method: request.method ?? "POST", url: request.url ?? "/" }),
      response,
    );
  });
  const port = await listen(http);
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    requests,
    cancelled: () => cancelled,
    touch: () => handler.notify.resourceUpdated("memo://one"),
    grow: () => handler.notify.toolsChanged(),
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
