// Authorization server and MCP server of 2026-07-28 in one, small and quick, for tests with very many processes.
import { json } from "../mcp/scripted.ts";
import { serveHttp } from "../net/listen.ts";

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
  /** No token issued so far is let in any more. */
  revoke(): void;
  stop(): Promise<void>;
}

const RESULTS: Record<string, object> = {
  "server/discover": { supportedVersions: ["2026-07-28"], capabilities: { tools: {}, resources: {} } },
  "tools/list": { tools: [{ name: "there", inputSchema: { type: "object" } }] },
  ping: {},
};

/** The answer to a request; a resource has as many bytes as its address says. */
function answer({ id, method, params }: { id: unknown; method: string; params?: { uri?: string } }): object {
  const size = Number(/^size:(\d+)$/.exec(params?.uri ?? "")?.[1]);
  const result =
    method === "resources/read"
      ? { contents: [{ uri: params?.uri, text: "x".repeat(size) }] }
      : RESULTS[method];
  if (!result) return { jsonrpc: "2.0", id, error: { code: -32601, message: "no such method" } };
  const _meta = { "io.modelcontextprotocol/serverInfo": { name: "small", version: "1" } };
  return {
    jsonrpc: "2.0",
    id,
    result: { resultType: "complete", ttlMs: 0, cacheScope: "private", _meta, ...result },
  };
}

/** The secret in the header of a token request. */
const secretIn = (authorization: string) =>
  decodeURIComponent(Buffer.from(authorization.slice(6), "base64").toString().split(":")[1] ?? "");

/** @param world what is filled and read; its own unless given */
export async function startSmallWorld(world = {} as SmallWorld): Promise<SmallWorld> {
  const endsMs = new Map<string, number>();
  const { origin, stop } = await serveHttp((request, response, body) => {
    const path = request.url ?? "/";
    const { authorization = "", host } = request.headers;
    // Its name is the one that it is asked by, as a proxy knows it.
    const own = `http://${host}`;
    if (path.startsWith("/.well-known/oauth-protected-resource"))
      return json(response, { resource: `${own}/mcp`, authorization_servers: [own] });
    if (path.startsWith("/.well-known/"))
      return json(response, { issuer: own, token_endpoint: `${own}/token` });
    if (path === "/token") {
      const secret = secretIn(authorization);
      const token = `token-${world.secrets.push(secret)}`;
      return setTimeout(() => {
        if (world.secret !== undefined && secret !== world.secret)
          return json(response, { error: "invalid_client" }, 401);
        endsMs.set(token, Date.now() + world.lifeS * 1000);
        return json(response, { access_token: token, token_type: "Bearer", expires_in: world.lifeS });
      }, world.delayMs);
    }
    if ((endsMs.get(authorization.slice(7)) ?? 0) < Date.now())
      return response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    // Asked by GET where a POST was slow: there is no stream here.
    if (request.method !== "POST") return response.writeHead(405).end();
    world.calls++;
    const message = JSON.parse(body);
    return message.id === undefined ? response.writeHead(202).end() : json(response, answer(message));
  });
  return Object.assign(world, {
    url: `${origin}/mcp`,
    origin,
    secrets: [],
    calls: 0,
    secret: undefined,
    lifeS: 3600,
    delayMs: 0,
    revoke: () => endsMs.clear(),
    stop,
  });
}
