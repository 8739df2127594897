// Mutual TLS (RFC 8705) in full, under Node, whose TLS tells a peer's certificate: oidc-provider with the client's
// certificate at an alias of its token endpoint, and an MCP server that takes tokens bound to the certificate shown.
// A certificate with a SPIFFE id proves the client of that name. Arguments: certificate, key, authority (paths). Prints
// the MCP server's address, then a line a request.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";

// Older Node lacks it.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
const { default: Provider } = await import("oidc-provider");

const [cert, key, ca] = process.argv.slice(2).map((path) => readFileSync(path));
const SPIFFE_ID = "spiffe://example.org/machine";
const listen = (server) =>
  new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve(`https://localhost:${server.address().port}`)),
  );
const peer = (request) => request.socket.getPeerCertificate();
const plain = createServer({ cert, key });
const mutual = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false });
const mcp = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false });
const [issuer, alias, origin] = await Promise.all([plain, mutual, mcp].map(listen));

const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true });
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "machine",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "tls_client_auth",
      tls_client_auth_subject_dn: "CN=client",
      tls_client_certificate_bound_access_tokens: true,
    },
    {
      client_id: SPIFFE_ID,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "tls_client_auth",
      tls_client_auth_san_uri: SPIFFE_ID,
      tls_client_certificate_bound_access_tokens: true,
    },
  ],
  clientAuthMethods: ["tls_client_auth"],
  discovery: { mtls_endpoint_aliases: { token_endpoint: `${alias}/token` } },
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "k" }] },
  scopes: ["mcp:read"],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    mTLS: {
      enabled: true,
      tlsClientAuth: true,
      certificateBoundAccessTokens: true,
      getCertificate: (ctx) => ctx.req.socket.getPeerX509Certificate?.()?.toString(),
      certificateAuthorized: (ctx) => ctx.req.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === "tls_client_auth_san_uri"
          ? peer(ctx.req).subjectaltname === `URI:${expected}`
          : `CN=${peer(ctx.req).subject?.CN}` === expected,
    },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => ({
        scope: "mcp:read",
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: 20,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
const said = (where, request, status) => {
  const { fingerprint256 } = peer(request);
  console.log(JSON.stringify({ where, path: request.url, status, certificate: fingerprint256 ?? null }));
};
for (const [server, where] of [
  [plain, "issuer"],
  [mutual, "alias"],
])
  server.on("request", (request, response) => {
    response.on("finish", () => said(where, request, response.statusCode));
    void provider.callback()(request, response);
  });

const keys = createLocalJWKSet({
  keys: [{ ...(await exportJWK(publicKey)), alg: "RS256", use: "sig", kid: "k" }],
});
mcp.on("request", async (request, response) => {
  response.on("finish", () => said("mcp", request, response.statusCode));
  response.setHeader("content-type", "application/json");
  if (request.url.startsWith("/.well-known/oauth-protected-resource"))
    return response.end(JSON.stringify({ resource: `${origin}/mcp`, authorization_servers: [issuer] }));
  let body = "";
  for await (const part of request) body += part;
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  const claims = await jwtVerify(token, keys, { issuer, audience: `${origin}/mcp` }).catch(() => null);
  const { raw } = peer(request);
  const shown = raw ? createHash("sha256").update(raw).digest("base64url") : undefined;
  if (!claims || claims.payload.cnf?.["x5t#S256"] !== shown || shown === undefined) {
    response.setHeader("www-authenticate", `Bearer${token ? ' error="invalid_token"' : ""}`);
    return response.writeHead(401).end();
  }
  const tools = [{ name: "there", inputSchema: { type: "object" } }];
  const result = { resultType: "complete", tools, ttlMs: 0, cacheScope: "private" };
  response.end(JSON.stringify({ jsonrpc: "2.0", id: JSON.parse(body).id, result }));
});
console.log(`${origin}/mcp`);
