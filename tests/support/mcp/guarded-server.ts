// A real MCP server (official SDK 1.x) behind a guard: it takes tokens bound to a key only and checks each proof
// (RFC 9449 §4.3, §7), or takes any and wants a scope of its own for some tools.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { calculateJwkThumbprint, createRemoteJWKSet, EmbeddedJWK, jwtVerify } from "jose";
import { z } from "zod";
import { close, listen } from "../net/listen.ts";

export interface GuardedServerOptions {
  issuer: string;
  jwksUri: string;
  /** Plain bearer tokens are taken; the scopes that tools want, by name. */
  scopes?: Record<string, string>;
  /** Proofs must carry the nonce of the moment. */
  nonces?: boolean;
  /** `dpop_bound_access_tokens_required` in the metadata; else only challenges tell. */
  inMetadata?: boolean;
  algs?: string[];
  /** How far the proof's time may be off, in s. */
  toleranceS?: number;
  /** Proofs must name the digest of what is sent (SEP-1932). */
  digests?: boolean;
}

export interface GuardedServer {
  url: string;
  /** What was found wrong with each request to the endpoint; `ok` where nothing was. */
  verdicts: string[];
  /** From now on only a new nonce is good. */
  rotateNonce(): void;
  stop(): Promise<void>;
}

export async function startGuardedServer(options: GuardedServerOptions): Promise<GuardedServer> {
  const {
    issuer,
    jwksUri,
    nonces = false,
    inMetadata = false,
    algs = ["ES256"],
    toleranceS = 30,
    digests = false,
  } = options;
  const http = createServer();
  const origin = `http://127.0.0.1:${await listen(http)}`;
  const url = `${origin}/mcp`;
  const keys = createRemoteJWKSet(new URL(jwksUri));
  const verdicts: string[] = [];
  const seen = new Set<string>();
  let nonce = "nonce-1";

  async function scopeVerdict(token: string | undefined, tool: string): Promise<string> {
    if (token === undefined) return "none";
    const claims = await jwtVerify(token, keys, { issuer, audience: url }).catch(() => null);
    if (!claims) return "invalid_token";
    const wanted = options.scopes?.[tool];
    const has = String(claims.payload.scope ?? "").split(" ");
    return wanted === undefined || wanted.split(" ").every((one) => has.includes(one))
      ? "ok"
      : "insufficient_scope";
  }

  async function verdict({ headers, method }: IncomingMessage, body: string): Promise<string> {
    const token = /^DPoP (.+)$/.exec(headers.authorization ?? "")?.[1];
    if (!token) return headers.authorization === undefined ? "none" : "invalid_token";
    const claims = await jwtVerify(token, keys, { issuer, audience: url }).catch(() => null);
    if (!claims) return "invalid_token";
    const proof = await jwtVerify(String(headers.dpop ?? ""), EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: algs,
    }).catch(() => null);
    if (!proof) return "invalid_dpop_proof";
    const { htm, htu, ath, jti = "", iat = 0, nonce: shown } = proof.payload;
    const { jwk } = proof.protectedHeader;
    const digest = `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
    if (digests && proof.payload.content_digest !== digest) return "invalid_dpop_proof";
    const isRight =
      jwk !== undefined &&
      !("d" in jwk) &&
      htm === method &&
      htu === url &&
      ath === createHash("sha256").update(token).digest("base64url") &&
      jti !== "" &&
      !seen.has(jti);
    seen.add(jti);
    if (!isRight) return "invalid_dpop_proof";
    const { jkt } = (claims.payload.cnf ?? {}) as { jkt?: string };
    if (jkt !== (await calculateJwkThumbprint(jwk))) return "invalid_token";
    if (nonces && shown !== nonce) return "use_dpop_nonce";
    if (!nonces && Math.abs(Date.now() / 1000 - iat) > toleranceS) return "invalid_dpop_proof";
    return "ok";
  }

  async function serve(
    request: IncomingMessage,
    response: import("node:http").ServerResponse,
  ): Promise<void> {
    if (request.url === "/.well-known/oauth-protected-resource/mcp") {
      const more = inMetadata
        ? { dpop_bound_access_tokens_required: true, dpop_signing_alg_values_supported: algs }
        : {};
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ resource: url, authorization_servers: [issuer], ...more }));
      return;
    }
    let text = "";
    for await (const part of request) text += part;
    const body = text === "" ? undefined : JSON.parse(text);
    const tool = String(body?.params?.name ?? "");
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    const found = options.scopes ? await scopeVerdict(bearer, tool) : await verdict(request, text);
    verdicts.push(found);
    if (found !== "ok" && options.scopes) {
      const error = found === "none" ? "" : `, error="${found}"`;
      const scope = found === "insufficient_scope" ? `, scope="${options.scopes[tool]}"` : "";
      response.setHeader("www-authenticate", ['Basic realm="x"', `Bearer realm="mcp"${error}${scope}`]);
      response.writeHead(found === "insufficient_scope" ? 403 : 401).end();
      return;
    }
    if (nonces) response.setHeader("dpop-nonce", nonce);
    if (found !== "ok") {
      const error = found === "none" ? "" : `, error="${found}"`;
      // Several challenges, as gateways send them.
      response.setHeader("www-authenticate", [
        'Negotiate YIIabc==, Basic realm="staff, only"',
        `DPoP algs="${algs.join(" ")}"${error}`,
      ]);
      response.writeHead(401).end();
      return;
    }
    const server = new McpServer({ name: "bound", version: "1.0.0" });
    for (const name of ["echo", ...Object.keys(options.scopes ?? {})])
      server.registerTool(name, { inputSchema: { text: z.string() } }, ({ text: said }) => ({
        content: [{ type: "text", text: said }],
      }));
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport as Parameters<typeof server.connect>[0]);
    await transport.handleRequest(request, response, body);
  }

  http.on("request", (request, response) => void serve(request, response).catch(() => response.destroy()));
  return {
    url,
    verdicts,
    rotateNonce() {
      nonce = `nonce-${Number(nonce.slice(6)) + 1}`;
    },
    stop: () => close(http),
  };
}
