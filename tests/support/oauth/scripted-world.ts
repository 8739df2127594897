// Authorization server and MCP server in one, by hand: right, but for what a test wants otherwise.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { json } from "../mcp/scripted.ts";
import { discovered } from "../mcp/scripted-modern.ts";
import { type Answer, type Serving, serveHttp } from "../net/listen.ts";

export interface WorldScript {
  /** Path of the issuer; none unless given. */
  path?: string;
  /** Where its metadata is, below `/.well-known/`. */
  wellKnown?: "oauth-authorization-server" | "openid-configuration";
  /** Members of the authorization server's metadata, or a status in its place. */
  metadata?: object | number | ((origin: string) => object | number);
  /** Members of the protected resource's metadata, or a status in its place. */
  resource?: (origin: string) => object | number;
  /** Answers a token request; with a token for ten minutes unless given. */
  token?: TokenScript;
  /** Answers what comes without a good token; a status of 401 unless given. */
  refuse?: Answer;
  /** Sees each request first; true: it has dealt with it. */
  before?: Answer;
}

export type TokenScript = (
  params: URLSearchParams,
  response: ServerResponse,
  request: IncomingMessage,
) => unknown;

export interface ScriptedWorld extends Serving {
  /** Of the MCP server. */
  url: string;
  /** Paths that were asked for, in order. */
  paths: string[];
  /** Parameters of the token requests. */
  tokenRequests: URLSearchParams[];
  /** Headers of the calls that came with a good token. */
  calls: IncomingHttpHeaders[];
}

/** What a token request is answered with. The access token is the one that the MCP server takes. */
export const GRANTED = { access_token: "good", token_type: "Bearer", expires_in: 600 };

/** Answers token requests with a token that lasts for so long, in s. */
export const granted =
  (lifeS = 600): TokenScript =>
  (_params, response) =>
    json(response, { ...GRANTED, expires_in: lifeS });

/** Answers a token request with an error of OAuth. */
export const refuseToken = (
  response: ServerResponse,
  error: string,
  description?: string,
  status = 400,
  more: object = {},
) => json(response, { error, ...(description ? { error_description: description } : {}), ...more }, status);

export async function startScriptedWorld(script: WorldScript = {}): Promise<ScriptedWorld> {
  const { path = "", wellKnown = "oauth-authorization-server", token = granted() } = script;
  const { refuse = (_request, response) => response.writeHead(401, { "www-authenticate": "Bearer" }).end() } =
    script;
  const [paths, tokenRequests, calls]: [string[], URLSearchParams[], IncomingHttpHeaders[]] = [[], [], []];
  const metadataPath =
    wellKnown === "openid-configuration"
      ? `${path}/.well-known/${wellKnown}`
      : `/.well-known/${wellKnown}${path}`;
  const serving = await serveHttp((request, response, body) => {
    const { origin } = serving;
    const { pathname } = new URL(request.url ?? "/", origin);
    const say = (usual: object, wanted: object | number = {}) =>
      typeof wanted === "number"
        ? response.writeHead(wanted, { location: "/elsewhere" }).end()
        : json(response, { ...usual, ...wanted });
    paths.push(pathname);
    if (script.before?.(request, response, body) === true) return;
    if (pathname === "/.well-known/oauth-protected-resource/mcp")
      return say(
        { resource: `${origin}/mcp`, authorization_servers: [origin + path] },
        script.resource?.(origin),
      );
    if (pathname === metadataPath) {
      const { metadata } = script;
      const wanted = typeof metadata === "function" ? metadata(origin) : metadata;
      return say({ issuer: origin + path, token_endpoint: `${origin}/token` }, wanted);
    }
    if (pathname === "/token") {
      const params = new URLSearchParams(body);
      tokenRequests.push(params);
      return token(params, response, request);
    }
    if (pathname !== "/mcp") return response.writeHead(404).end();
    if (!/^(Bearer|DPoP) good$/.test(request.headers.authorization ?? ""))
      return refuse(request, response, body);
    calls.push(request.headers);
    const { id, method } = JSON.parse(body);
    const whole = { resultType: "complete", ttlMs: 0, cacheScope: "private" };
    const result =
      method === "server/discover" ? { ...whole, ...discovered({ tools: {} }) } : { ...whole, tools: [] };
    return json(response, { jsonrpc: "2.0", id, result });
  });
  return { ...serving, url: `${serving.origin}/mcp`, paths, tokenRequests, calls };
}
