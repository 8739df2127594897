// What makes tokens beside us: an issuer with its keys, a protected MCP server by the official SDK that trusts it, and
// a file that the tokens are put into.
import { renameSync, writeFileSync } from "node:fs";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { type RunningMcpServer, startMcpServer } from "../mcp/mcp-server.ts";
import { json } from "../mcp/scripted.ts";
import { serveHttp } from "../net/listen.ts";

/** What a token says; for the server and good for five minutes unless given. */
export interface MintOptions {
  lifeS?: number;
  audience?: string;
  /** By how much its issuer's clock is ahead, in s. */
  aheadS?: number;
  claims?: Record<string, unknown>;
}

export interface Mint {
  mcp: RunningMcpServer;
  issuer: string;
  /** Tokens are good for as long as it is not asked for others. */
  mint(options?: MintOptions): Promise<string>;
  stop(): Promise<void>;
}

export async function startMint(): Promise<Mint> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), alg: "ES256", kid: "one" };
  const { origin, stop } = await serveHttp((_, response) => json(response, { keys: [jwk] }));
  const mcp = await startMcpServer({ protect: { issuer: origin, jwksUri: `${origin}/jwks` } });
  let count = 0;
  return {
    mcp,
    issuer: origin,
    mint({ lifeS = 300, audience = mcp.url, aheadS = 0, claims = {} } = {}) {
      const nowS = Math.floor(Date.now() / 1000) + aheadS;
      return new SignJWT({ scope: "mcp:read", ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "one" })
        .setIssuer(origin)
        .setSubject("robot")
        .setAudience(audience)
        .setIssuedAt(nowS)
        .setExpirationTime(nowS + lifeS)
        .setJti(String(count++))
        .sign(privateKey);
    },
    async stop() {
      await mcp.stop();
      await stop();
    },
  };
}

/** Puts a text in a file's place, as what renews tokens does: at once. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
