// A whole world for a test: authorization server, protected MCP server, and a home where the client is logged in.

import type { Home } from "./home.ts";
import { type McpServerOptions, type RunningMcpServer, startMcpServer } from "./mcp/mcp-server.ts";
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from "./oauth/authorization-server.ts";

export interface World {
  as: AuthorizationServer;
  mcp: RunningMcpServer;
  end(): Promise<void>;
}

export async function startWorld(
  options: AuthorizationServerOptions & {
    protect?: Partial<NonNullable<McpServerOptions["protect"]>>;
    create?: McpServerOptions["create"];
  } = {},
): Promise<World> {
  const as = await startAuthorizationServer(options);
  const mcp = await startMcpServer({
    protect: { issuer: as.issuer, jwksUri: as.jwksUri, scope: "mcp:read", ...options.protect },
    ...(options.create ? { create: options.create } : {}),
  });
  return {
    as,
    mcp,
    async end() {
      await mcp.stop();
      await as.stop();
    },
  };
}

/** Logs in as the client with a secret and names the connection @svc. */
export async function logIn(world: World, home: Home): Promise<void> {
  const { id, secret } = world.as.clients.basic;
  const login = await home.run(["login", world.mcp.url, "@svc", "--client-id", id], {
    env: { M2MCP_CLIENT_SECRET: secret },
  });
  if (login.code !== 0) throw new Error(`login failed: ${login.stderr}`);
}
