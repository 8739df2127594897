import type { AuthState, Credentials, Discovered, Token, TokenOrigin } from "./credentials.ts";
import type { AuthDeps } from "./deps.ts";
import { received } from "./tokens/issue.ts";
import { obtainToken } from "./tokens/source.ts";

/** Credentials that have just been proven. */
export interface LoginResult {
  token: Token;
  /** Absent for a token that something else makes. */
  discovered?: Discovered;
  /** With the issuer recorded that they are bound to. */
  credentials: TokenOrigin;
}

/**
 * Proves credentials: looks at the server's challenge, discovers its authorization server, asks for a token; or reads
 * the token that something else makes. An issuer among the credentials is the only one they go to. Stores nothing but
 * through `deps.write`.
 *
 * @param known what discovery has found of the server already
 * @returns null where the server asks for no token and names nobody who would issue one: there is nothing to prove
 * @throws M2mcpError what the source of tokens throws
 */
export async function login(
  deps: AuthDeps,
  { server, credentials, known }: { server: string; credentials: TokenOrigin; known?: Discovered },
): Promise<LoginResult | null> {
  const state: AuthState = known ? { discovered: known } : {};
  const wanted = { server, reason: {}, state, gathered: undefined };
  const obtained = await obtainToken(deps, credentials, wanted);
  if (!obtained) return null;
  const { token, discovered } = obtained;
  await deps.write(({ identityProvider }) =>
    received(identityProvider ? { identityProvider } : {}, obtained, {}, deps.now()),
  );
  if (credentials.grant === null || !discovered) return { token, credentials };
  const { issuer } = discovered;
  return {
    token,
    discovered,
    credentials: {
      ...credentials,
      ...(issuer === undefined ? {} : { issuer }),
      ...(await withProvider(deps, credentials)),
    },
  };
}

/** The identity provider that vouched, recorded by name: the next ID token may be another's. */
async function withProvider(
  deps: AuthDeps,
  { identityProvider: given }: Credentials,
): Promise<Partial<Pick<Credentials, "identityProvider">>> {
  if (!given || given.issuer !== undefined || given.tokenEndpoint !== undefined) return {};
  const issuer = (await deps.read())?.identityProvider?.issuer;
  return issuer === undefined ? {} : { identityProvider: { ...given, issuer } };
}
