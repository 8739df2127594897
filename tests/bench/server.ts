// The server under the bench, in a process of its own: stateful Streamable HTTP with JSON answers, little work of its own.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { listen } from "../servers/listen.ts";

const results: Record<
  string,
  (params: { arguments?: { text?: string; size?: number }; protocolVersion?: string }) => object
> = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "bench", version: "1" },
  }),
  "tools/list": () => ({ tools: [{ name: "echo", inputSchema: { type: "object" } }] }),
  "tools/call": ({ arguments: args }) => ({
    content: [{ type: "text", text: args?.size ? "x".repeat(args.size) : String(args?.text?.length ?? 0) }],
  }),
};

let requests = 0;
const server = createServer((request, response) => {
  if (request.url === "/count") {
    response.end(String(requests));
    return;
  }
  requests++;
  if (request.method === "DELETE") {
    response.writeHead(200).end();
    return;
  }
  if (request.method === "GET") {
    response.writeHead(405).end();
    return;
  }
  if (!request.headers.authorization) {
    response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    return;
  }
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => void parts.push(part));
  request.on("end", () => {
    const { id, method, params } = JSON.parse(Buffer.concat(parts).toString("utf8"));
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const make = results[method];
    const answer = make
      ? { result: make(params ?? {}) }
      : { error: { code: -32601, message: "method not found" } };
    response.writeHead(200, {
      "content-type": "application/json",
      ...(method === "initialize" ? { "mcp-session-id": randomUUID() } : {}),
    });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
  });
});
console.log(await listen(server));
