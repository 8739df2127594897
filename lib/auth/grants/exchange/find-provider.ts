import { isPassing } from "../../../failure.ts";
import { claimsOf } from "../../claims.ts";
import type { IdentityProvider } from "../../credentials.ts";
import type { AuthDeps } from "../../deps.ts";
import { isCurrent } from "../../discovery/cached.ts";
import { discoverIssuer } from "../../discovery/issuer.ts";
import { addressCheck, requireSecure } from "../../discovery/url.ts";
import { junkIssuer, noProvider, ofIdentityProvider } from "./errors.ts";
import type { KnownProvider } from "./known-provider.ts";

/** Where the identity provider takes requests: as the user says, as it was found before, else as its metadata says. */
export async function findProvider(
  deps: AuthDeps,
  { issuer: recorded, tokenEndpoint }: IdentityProvider,
  token: string | undefined,
): Promise<KnownProvider> {
  const issuer = recorded ?? (token === undefined ? undefined : claimsOf(token)?.iss);
  if (tokenEndpoint !== undefined) {
    requireSecure(tokenEndpoint, "the identity provider's token endpoint", deps.allowHttp);
    return { issuer: issuer ?? tokenEndpoint, tokenEndpoint, discoveredAtMs: deps.now() };
  }
  if (issuer === undefined) throw noProvider();
  const known = (await deps.read())?.identityProvider;
  const cached = known?.issuer === issuer ? known : undefined;
  if (cached && isCurrent(cached, deps.now())) return cached;
  if (recorded === undefined && !/^https?:$/.test(URL.parse(issuer)?.protocol ?? ""))
    throw junkIssuer(issuer);
  const check = addressCheck(issuer, {}, deps.allowHttp);
  const metadata = await discoverIssuer(deps, check, issuer, "the identity provider").catch(
    (error: unknown) => {
      if (!cached || !isPassing(error)) throw ofIdentityProvider(error, recorded !== undefined);
      deps.log(`going on with what is known of the identity provider: ${error.message}`);
      return cached;
    },
  );
  if (metadata === cached) return cached;
  // What it gave in place of the person's assertion is its own still.
  const kept = cached?.refreshToken;
  const found: KnownProvider = {
    issuer,
    ...metadata,
    discoveredAtMs: deps.now(),
    ...(kept === undefined ? {} : { refreshToken: kept }),
  };
  await remember(deps, found);
  return found;
}

/** Writes down what is known of it. */
export const remember = (
  deps: AuthDeps,
  { issuer, tokenEndpoint, authMethods, signingAlgs, ...more }: KnownProvider,
) =>
  deps.write((old) => ({
    ...old,
    identityProvider: {
      issuer,
      tokenEndpoint,
      ...(authMethods ? { authMethods } : {}),
      ...(signingAlgs ? { signingAlgs } : {}),
      discoveredAtMs: more.discoveredAtMs,
      ...(more.refreshToken === undefined ? {} : { refreshToken: more.refreshToken }),
    },
  }));
