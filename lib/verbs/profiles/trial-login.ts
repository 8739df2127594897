import { resolve } from "node:path";
import { type Discovered, grantOf, type TokenOrigin } from "../../auth/credentials.ts";
import { explainDiscovery } from "../../auth/discovery/explain.ts";
import { type LoginResult, login } from "../../auth/login.ts";
import type { Command } from "../../command-line/command.ts";
import { M2mcpError, withoutUrlSecrets } from "../../failure.ts";
import { moment } from "../../ui/time.ts";
import { secretReading } from "../credentials/secret-reading.ts";
import { readTokenOrigin } from "../credentials/token-origin.ts";
import { keptPolicy } from "../policy/tool-policy.ts";
import { sourceShown } from "../settings/source-shown.ts";
import { authDeps } from "../target/auth-deps.ts";
import { parseHeader } from "../target/headers.ts";
import { pinnedProtocol } from "../target/protocol.ts";
import type { Profile } from "../target/saved.ts";
import { checkCacheAddress } from "../target/sharing/cache-address.ts";
import { allowedHosts, type Target } from "../target/target.ts";
import { askCredentials, guideOf } from "./ask-credentials.ts";

/** Credentials of flags and variables, to be kept; a person is asked for what is missing. */
export async function givenCredentials(command: Command): Promise<TokenOrigin> {
  const asker = guideOf(command);
  return asker
    ? askCredentials(command, asker, {}, undefined)
    : readTokenOrigin(command.options, secretReading(command, "value"));
}

/**
 * Tries credentials with a token request. What there is to cache goes into the target's cache.
 *
 * @param known what discovery has found of the server already
 * @returns null where the server asks for no authorization
 * @throws M2mcpError what discovery and the grant throw
 */
export async function tryLogin(
  command: Command,
  target: Target,
  credentials: TokenOrigin,
  known?: Discovered,
): Promise<LoginResult | null> {
  const deps = await authDeps(command, { ...target, credentials });
  try {
    return await login(deps, { server: target.server, credentials, ...(known ? { known } : {}) });
  } catch (error) {
    throw error instanceof M2mcpError ? await explainDiscovery(deps, target.server, error) : error;
  }
}

/** The options that a profile keeps. */
export function keptOptions(command: Command): Partial<Profile> {
  const { options, io, output } = command;
  const headers = options.values("header").map(parseHeader);
  const allowHttp = allowedHosts(options);
  for (const host of allowHttp)
    output.warn(`plain http is allowed to ${host}: credentials and tokens then travel in the clear`);
  const ca = options.value("ca");
  const protocol = pinnedProtocol(options);
  const cache = options.value("cache");
  if (cache !== undefined) checkCacheAddress(cache, io.env);
  return {
    ...(headers.length > 0 ? { headers } : {}),
    ...(allowHttp.length > 0 ? { allowHttp } : {}),
    ...(ca === undefined ? {} : { ca: ca === "spiffe" ? ca : resolve(io.cwd, ca) }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(cache === undefined || cache === "off" ? {} : { cache }),
    ...keptPolicy(options),
  };
}

/** What a login is about, for people and for programs; never the token. */
export function describe(address: string, name: string, trial: LoginResult, nowMs: number) {
  const { token, discovered, credentials } = trial;
  const server = withoutUrlSecrets(address);
  const grant = grantOf(credentials);
  const asked = grant?.resource === null ? null : (grant?.resource ?? discovered?.resource ?? null);
  const resource = asked && withoutUrlSecrets(asked);
  const tokenEndpoint = discovered ? withoutUrlSecrets(discovered.tokenEndpoint) : null;
  const issuer = discovered?.issuer ?? grant?.issuer ?? null;
  const scope = token.scope ?? grant?.scope;
  const origin = credentials.grant === null ? [["token", sourceShown(credentials.token)]] : [];
  const asking = [
    ["resource", resource ?? "not sent"],
    ["issuer", issuer ?? `not discovered; token endpoint ${tokenEndpoint}`],
  ];
  return {
    rows: [
      ["server", server],
      ...(grant ? asking : origin),
      ["scope", scope || "none named"],
      ["expires", token.expiresAtMs === undefined ? "not said" : moment(token.expiresAtMs, nowMs)],
      ["profile", `@${name}`],
    ],
    data: {
      profile: name,
      server,
      grant: credentials.grant,
      resource,
      issuer,
      tokenEndpoint,
      scope: scope ?? null,
      tokenType: token.tokenType,
      expiresAt: token.expiresAtMs === undefined ? null : new Date(token.expiresAtMs).toISOString(),
    },
  };
}
