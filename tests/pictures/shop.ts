// What the pictures are taken of: a shop's MCP server behind a real authorization server, and a client of it.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { z } from "zod";
import { sleep } from "../support/waiting.ts";
import { startWorld, type World } from "../support/world.ts";

export const CLIENT = { id: "night-jobs", secret: "nobody-sees-this" };

export const startShop = (): Promise<World> =>
  startWorld({
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        token_endpoint_auth_method: "client_secret_basic",
      },
    ],
    create: createShop,
  });

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] });

function createShop(): McpServer {
  const server = new McpServer(
    { name: "shop", version: "2.1.0" },
    { instructions: "Orders and refunds of the shop." },
  );
  server.registerTool(
    "search_orders",
    {
      description: "Finds orders by customer or article",
      inputSchema: {
        query: z.string().describe("words to look for"),
        limit: z.number().int().min(1).max(100).default(10).describe("how many at most"),
        status: z.enum(["open", "sent", "returned"]).optional().describe("only those in this state"),
      },
      annotations: { readOnlyHint: true },
    },
    ({ query, limit }) =>
      text(
        [
          "| order | article | sum |",
          "| ----- | ------- | --- |",
          ...["1042", "1017", "0993"]
            .slice(0, limit)
            .map((id) => `| ${id} | ${query} | €${id.slice(2)}.90 |`),
        ].join("\n"),
      ),
  );
  server.registerTool(
    "refund_order",
    {
      description: "Pays an order back; asks how much and why",
      inputSchema: { order: z.string().describe("the order's number") },
      annotations: { destructiveHint: true },
    },
    async ({ order }) => {
      const { action, content } = await server.server.elicitInput({
        message: `Refund of order ${order}`,
        requestedSchema: {
          type: "object",
          properties: {
            amount: { type: "number", title: "Amount in €", minimum: 1, maximum: 42.9, default: 42.9 },
            reason: { type: "string", title: "Reason", enum: ["damaged", "too late", "wrong size"] },
            notify: { type: "boolean", title: "Tell the customer", default: true },
          },
          required: ["amount", "reason"],
        },
      });
      if (action !== "accept") return text(`order ${order}: nothing was paid back`);
      return text(`order ${order}: €${content?.amount} paid back (${content?.reason})`);
    },
  );
  server.registerTool(
    "monthly_report",
    { description: "Counts all orders of a month; takes a while", inputSchema: { month: z.string() } },
    async ({ month }, { signal, sendNotification, _meta }) => {
      for (let step = 1; step <= 20 && !signal.aborted; step++) {
        await sleep(400);
        const progressToken = _meta?.progressToken;
        if (progressToken !== undefined)
          await sendNotification({
            method: "notifications/progress",
            params: { progressToken, progress: step, total: 20, message: `${month}: day ${step}` },
          });
      }
      return text(`${month}: 311 orders`);
    },
  );
  server.registerResource("terms", "shop://terms", { mimeType: "text/markdown" }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: "text/markdown", text: "# Terms\n\nRefunds within **30 days**." }],
  }));
  return server;
}
