import type { AuthDeps } from "./deps.ts";
import { discover } from "./discovery.ts";
import { createProofKey } from "./dpop.ts";
import { requestToken, wantedScope } from "./grant.ts";
import { probe } from "./probe.ts";
import type { Credentials, Discovered, Token } from "./types.ts";

/** Credentials that have just been proven. */
export interface LoginResult {
  token: Token | null;
  discovered: Discovered;
  /** With the issuer recorded that they are bound to. */
  credentials: Credentials;
}

/**
 * Proves credentials: looks at the server's challenge, discovers its authorization server, asks for a token. A new
 * login approves a new issuer, so one recorded before does not count. Stores nothing but through `deps.write`.
 *
 * @throws M2mcpError what discovery and the grant throw
 */
export async function login(
  deps: AuthDeps,
  { server, credentials }: { server: string; credentials: Credentials },
): Promise<LoginResult> {
  const { issuer: _before, ...given } = credentials;
  const challenge = given.tokenEndpoint === undefined ? (await probe(deps, server)).challenge : undefined;
  const discovered = await discover(deps, server, given, challenge);
  const dpop = given.dpop || discovered.dpop ? await createProofKey() : undefined;
  const token = await requestToken(deps, given, discovered, wantedScope(given, discovered, undefined), dpop);
  await deps.write(() => ({ token, discovered, ...(dpop ? { dpop } : {}) }));
  return {
    token,
    discovered,
    credentials: { ...given, ...(discovered.issuer === undefined ? {} : { issuer: discovered.issuer }) },
  };
}
