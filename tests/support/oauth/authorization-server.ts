// A real OAuth authorization server (oidc-provider) on loopback, for clients without a person.

import { createServer } from "node:http";
import { exportJWK, exportPKCS8, generateKeyPair } from "jose";
import Provider, { type ClientMetadata } from "oidc-provider";
import { close, listen } from "../net/listen.ts";

export interface TokenRequestSeen {
  params: Record<string, string>;
  authorization: string | undefined;
}

export interface AuthorizationServer {
  issuer: string;
  tokenEndpoint: string;
  jwksUri: string;
  /** Every request to the token endpoint, as it came. */
  tokenRequests: TokenRequestSeen[];
  clients: {
    basic: { id: string; secret: string };
    post: { id: string; secret: string };
    jwt: { id: string; privateKeyPem: string; keyId: string };
  };
  /** Life of the tokens issued from now on, in s. */
  setTokenTtl(seconds: number): void;
  /** What becomes of requests to the token endpoint from now on; `hang` gives no answer. They are counted still. */
  setTrouble(trouble: "refuse" | "unavailable" | "hang" | null): void;
  /** Requests to the token endpoint so far, answered or not. */
  arrivals(): number;
  stop(): Promise<void>;
}

export interface AuthorizationServerOptions {
  scopes?: string[];
  /** Life of the tokens, in s. */
  tokenTtlS?: number;
  port?: number;
  /** Proofs of possession (RFC 9449); with nonces where wanted. */
  dpop?: { requireNonce: boolean; algs?: string[] };
  /** Further clients, for the client credentials grant. */
  clients?: Partial<ClientMetadata>[];
  /** Adds grants of its own, which its clients name among theirs. */
  extend?(provider: Provider, issuer: string): void;
  /** How assertions may be signed; all that the server knows unless given. */
  signingAlgs?: string[];
}

const SIGNING_ALGS = ["RS", "PS", "ES"].flatMap((kind) => ["256", "384", "512"].map((bits) => kind + bits));
SIGNING_ALGS.push("EdDSA", "Ed25519");

/** Secrets that a search through output and files can recognize. */
export const SECRETS = { basic: "s3cret:basic%+ /plain-7f3a", post: "s3cret-post-91bc" };

export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const { scopes = ["mcp:read", "mcp:write"] } = options;
  let tokenTtlS = options.tokenTtlS ?? 3600;
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  const keyId = "machine-key";
  const server = createServer();
  const port = await listen(server, options.port ?? 0);
  const issuer = `http://127.0.0.1:${port}`;
  const tokenRequests: TokenRequestSeen[] = [];
  const signing = await generateKeyPair("RS256", { extractable: true });

  const machine = {
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    scope: scopes.join(" "),
  };
  const provider = new Provider(issuer, {
    enabledJWA: {
      clientAuthSigningAlgValues: (options.signingAlgs ?? SIGNING_ALGS) as "RS256"[],
      ...(options.dpop?.algs ? { dPoPSigningAlgValues: options.dpop.algs as "ES256"[] } : {}),
    },
    clients: [
      {
        ...machine,
        client_id: "basic client",
        client_secret: SECRETS.basic,
        token_endpoint_auth_method: "client_secret_basic",
      },
      {
        ...machine,
        client_id: "post-client",
        client_secret: SECRETS.post,
        token_endpoint_auth_method: "client_secret_post",
      },
      {
        ...machine,
        client_id: "jwt-client",
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "ES256",
        jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: keyId, alg: "ES256", use: "sig" }] },
      },
      ...(options.clients ?? []).map((client) => ({ ...machine, client_id: "", ...client })),
    ],
    jwks: { keys: [{ ...(await exportJWK(signing.privateKey)), alg: "RS256", use: "sig", kid: "as-key" }] },
    scopes,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: options.dpop?.requireNonce
        ? { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true }
        : { enabled: options.dpop !== undefined },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: scopes.join(" "),
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: tokenTtlS,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    ttl: { ClientCredentials: () => tokenTtlS },
  });
  options.extend?.(provider, issuer);
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path !== "/token") return;
    const params = (ctx.oidc?.params ?? {}) as Record<string, string>;
    tokenRequests.push({ params: { ...params }, authorization: ctx.get("authorization") || undefined });
  });
  let trouble: "refuse" | "unavailable" | "hang" | null = null;
  let arrivals = 0;
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (request.url === "/token") {
      arrivals++;
      if (trouble === "hang") return;
      if (trouble === "refuse") {
        response.writeHead(401, { "content-type": "application/json" });
        return void response.end(JSON.stringify({ error: "invalid_client" }));
      }
      if (trouble === "unavailable") return void response.writeHead(503).end();
    }
    void answer(request, response);
  });
  return {
    issuer,
    tokenEndpoint: `${issuer}/token`,
    jwksUri: `${issuer}/jwks`,
    tokenRequests,
    clients: {
      basic: { id: "basic client", secret: SECRETS.basic },
      post: { id: "post-client", secret: SECRETS.post },
      jwt: { id: "jwt-client", privateKeyPem: await exportPKCS8(privateKey), keyId },
    },
    setTrouble(next) {
      trouble = next;
    },
    arrivals: () => arrivals,
    setTokenTtl(seconds) {
      tokenTtlS = seconds;
    },
    stop: () => close(server),
  };
}
