import type { Credentials, Discovered, Token } from "./credentials.ts";
import type { AuthDeps } from "./deps.ts";
import { discoverCached } from "./discovery/cached.ts";
import { requestToken } from "./grants/request-token.ts";
import { wantedScope } from "./grants/scope.ts";

/** Credentials that have just been proven. */
export interface LoginResult {
  token: Token;
  discovered: Discovered;
  /** With the issuer recorded that they are bound to. */
  credentials: Credentials;
}

/**
 * Proves credentials: looks at the server's challenge, discovers its authorization server, asks for a token. An
 * issuer among the credentials is the only one they go to. Stores nothing but through `deps.write`.
 *
 * @param known what discovery has found of the server already
 * @returns null where the server asks for no token and names nobody who would issue one: there is nothing to prove
 * @throws M2mcpError what discovery and the grant throw
 */
export async function login(
  deps: AuthDeps,
  { server, credentials, known }: { server: string; credentials: Credentials; known?: Discovered },
): Promise<LoginResult | null> {
  const discovered = known ?? (await discoverCached(deps, server, credentials, {}, undefined));
  if (!discovered) return null;
  const scope = wantedScope(credentials, discovered, undefined);
  const { token, proofKey, clockSkewMs } = await requestToken(deps, credentials, discovered, { scope });
  const found = proofKey ? { ...discovered, dpop: true } : discovered;
  await deps.write(({ identityProvider }) => ({
    ...(identityProvider ? { identityProvider } : {}),
    token,
    discovered: found,
    ...(proofKey ? { dpop: proofKey } : {}),
    ...(clockSkewMs === 0 ? {} : { clockSkewMs }),
  }));
  return {
    token,
    discovered,
    credentials: {
      ...credentials,
      ...(discovered.issuer === undefined ? {} : { issuer: discovered.issuer }),
      ...(await withProvider(deps, credentials)),
    },
  };
}

/** The identity provider that vouched, recorded by name: the next ID token may be another's. */
async function withProvider(
  deps: AuthDeps,
  { identityProvider: given }: Credentials,
): Promise<Pick<Credentials, "identityProvider">> {
  if (!given || given.issuer !== undefined || given.tokenEndpoint !== undefined)
    return given ? { identityProvider: given } : {};
  const issuer = (await deps.read())?.identityProvider?.issuer;
  return { identityProvider: issuer === undefined ? given : { ...given, issuer } };
}
