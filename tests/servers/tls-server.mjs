// Authorization server and MCP server in one, over https, asking for a client certificate. Runs under Node, whose TLS
// tells a peer's certificate. Arguments: certificate, key, authority (paths). Prints its port, then a line a request.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

const [cert, key, ca] = process.argv.slice(2).map((path) => readFileSync(path));
const server = createServer(
  { cert, key, ca, requestCert: true, rejectUnauthorized: false },
  (request, response) => {
    const origin = `https://localhost:${server.address().port}`;
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
        say({ resource: `${origin}/mcp`, authorization_servers: [origin] });
      else if (pathname.startsWith("/.well-known/"))
        say({ issuer: origin, token_endpoint: `${origin}/token` });
      else if (pathname === "/token")
        say({ access_token: "bound-token", token_type: "Bearer", expires_in: 600 });
      else if (request.headers.authorization !== "Bearer bound-token")
        response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      else {
        const tools = [{ name: "there", inputSchema: { type: "object" } }];
        const result = { resultType: "complete", tools, ttlMs: 0, cacheScope: "private" };
        say({ jsonrpc: "2.0", id: JSON.parse(body).id, result });
      }
    });
  },
);
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
