// Authorization server and MCP server in one, over https, asking for a client certificate. Runs under Node, whose TLS
// tells a peer's certificate. Arguments: certificate, key, authority (paths), and the issuer where that is another
// one. Prints its port, then a line a request.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [cert, key, ca] = process.argv.slice(2, 5).map((path) => readFileSync(path));
const server = createServer(
  { cert, key, ca, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const origin = `https://${request.headers.host}`;
    const { pathname } = new URL(request.url, origin);
    console.log(`${pathname} ${request.socket.getPeerCertificate().subject?.CN ?? "none"}`);
    response.setHeader("content-type", "application/json");
    const say = (json) => response.end(JSON.stringify(json));
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      if (pathname.startsWith("/.well-known/oauth-protected-resource"))
        say({ resource: `${origin}/mcp`, authorization_servers: [process.argv[5] ?? origin] });
      else if (pathname.startsWith("/.well-known/"))
        say({ issuer: origin, token_endpoint: `${origin}/token` });
      else if (pathname === "/token")
        say({ access_token: "bound-token", token_type: "Bearer", expires_in: 600 });
      else if (request.headers.authorization !== "Bearer bound-token")
        response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      else {
        const { id, method } = JSON.parse(body);
        const tools = [{ name: "there", inputSchema: { type: "object" } }];
        const result = { resultType: "complete", tools, ttlMs: 0, cacheScope: "private" };
        const discovered = { ...result, supportedVersions: ["2026-07-28"], capabilities: { tools: {} } };
        if (method === "server/discover") return say({ jsonrpc: "2.0", id, result: discovered });
        if (method !== "tools/call") return say({ jsonrpc: "2.0", id, result });
        // A stream whose pieces come apart: whoever keeps them back is found out.
        response.setHeader("content-type", "text/event-stream");
        const event = (json) => response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", ...json })}\n\n`);
        event({ method: "notifications/message", params: { level: "info", data: "first" } });
        setTimeout(() => {
          event({ id, result: { resultType: "complete", content: [{ type: "text", text: "last" }] } });
          response.end();
        }, 1500);
      }
    });
  },
);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
