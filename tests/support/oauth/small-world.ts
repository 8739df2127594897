// Authorization server and MCP server of 2026-07-28 in one, small and quick, for tests with very many processes.
import { createServer } from "node:http";
import { json } from "../net/json.ts";
import { close, listen } from "../net/listen.ts";

export interface SmallWorld {
  url: string;
  origin: string;
  /** The secret of each token request, in the order they came. */
  secrets: string[];
  /** Requests to the MCP endpoint that were let in. */
  calls: number;
  /** The secret that is accepted; any unless set. */
  secret: string | undefined;
  /** Life of the tokens issued from now on, in s. */
  lifeS: number;
  /** Token requests are answered after this long, in ms. */
  delayMs: number;
  stop(): Promise<void>;
}

const RESULTS: Record<string, object> = {
  "server/discover": { supportedVersions: ["2026-07-28"], capabilities: { tools: {}, resources: {} } },
  "tools/list": { tools: [{ name: "there", inputSchema: { type: "object" } }] },
  ping: {},
};

export async function startSmallWorld(): Promise<SmallWorld> {
  const endsMs = new Map<string, number>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", world.origin);
    const authorization = request.headers.authorization ?? "";
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      if (pathname.startsWith("/.well-known/oauth-protected-resource"))
        json(response, 200, { resource: world.url, authorization_servers: [world.origin] });
      else if (pathname.startsWith("/.well-known/"))
        json(response, 200, { issuer: world.origin, token_endpoint: `${world.origin}/token` });
      else if (pathname === "/token") {
        const secret = decodeURIComponent(
          Buffer.from(authorization.slice(6), "base64").toString().split(":")[1] ?? "",
        );
        world.secrets.push(secret);
        const token = `token-${world.secrets.length}`;
        setTimeout(() => {
          if (world.secret !== undefined && secret !== world.secret)
            return json(response, 401, { error: "invalid_client" });
          endsMs.set(token, Date.now() + world.lifeS * 1000);
          json(response, 200, { access_token: token, token_type: "Bearer", expires_in: world.lifeS });
        }, world.delayMs);
      } else if ((endsMs.get(authorization.slice(7)) ?? 0) < Date.now())
        response.writeHead(401, { "www-authenticate": "Bearer" }).end();
      else {
        world.calls++;
        const { id, method, params } = JSON.parse(body);
        if (id === undefined) return void response.writeHead(202).end();
        // A resource of as many bytes as its address says.
        const size = /^size:(\d+)$/.exec(params?.uri ?? "")?.[1];
        const result =
          method === "resources/read"
            ? { contents: [{ uri: params.uri, text: "x".repeat(Number(size)) }] }
            : RESULTS[method];
        const _meta = { "io.modelcontextprotocol/serverInfo": { name: "small", version: "1" } };
        json(
          response,
          200,
          result
            ? {
                jsonrpc: "2.0",
                id,
                result: { resultType: "complete", ttlMs: 0, cacheScope: "private", _meta, ...result },
              }
            : { jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } },
        );
      }
    });
  });
  const port = await listen(server);
  const origin = `http://127.0.0.1:${port}`;
  const world: SmallWorld = {
    url: `${origin}/mcp`,
    origin,
    secrets: [],
    calls: 0,
    secret: undefined,
    lifeS: 3600,
    delayMs: 0,
    stop: () => close(server),
  };
  return world;
}
