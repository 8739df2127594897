// The server under the bench, in a process of its own: stateful Streamable HTTP with JSON answers and a GET stream,
// little work of its own.
import { randomUUID } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { listen } from "../support/net/listen.ts";

const results: Record<
  string,
  (params: { arguments?: { message?: string; size?: number }; protocolVersion?: string }) => object
> = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "bench", version: "1" },
  }),
  "tools/list": () => ({ tools: [{ name: "echo", inputSchema: { type: "object" } }] }),
  "tools/call": ({ arguments: args }) => ({
    content: [
      { type: "text", text: args?.size ? "x".repeat(args.size) : String(args?.message?.length ?? 0) },
    ],
  }),
};

let requests = 0;
const streams = new Set<ServerResponse>();
const server = createServer((request, response) => {
  if (request.url === "/count") {
    response.end(String(requests));
    return;
  }
  if (request.url === "/token") {
    response.setHeader("content-type", "application/json");
    response.end('{"access_token":"static","token_type":"Bearer","expires_in":3600}');
    return;
  }
  if (request.url === "/event") {
    const params = { sentMs: performance.timeOrigin + performance.now() };
    for (const stream of streams)
      stream.write(`data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/bench", params })}\n\n`);
    response.end(String(streams.size));
    return;
  }
  requests++;
  if (request.method === "DELETE") {
    response.writeHead(200).end();
    return;
  }
  if (!request.headers.authorization) {
    response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    return;
  }
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
    streams.add(response);
    response.once("close", () => streams.delete(response));
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
    const text = JSON.stringify({ jsonrpc: "2.0", id, ...answer });
    response.writeHead(200, {
      "content-type": "application/json",
      // As the frameworks do whose servers answer in JSON.
      "content-length": Buffer.byteLength(text),
      ...(method === "initialize" ? { "mcp-session-id": randomUUID() } : {}),
    });
    response.end(text);
  });
});
console.log(await listen(server));
