import { resolve } from "node:path";
import type { AuthState, Credentials, Discovered, Token } from "../../auth/credentials.ts";
import { login } from "../../auth/login.ts";
import type { Call } from "../../command-line/command.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { memoryCache } from "../../store/state-cache.ts";
import type { Profile } from "../../store/types.ts";
import { promptHidden } from "../../ui/prompt.ts";
import { moment } from "../../ui/time.ts";
import { readCredentials } from "../target/credentials.ts";
import { parseHeader } from "../target/headers.ts";
import { pinnedProtocol } from "../target/protocol.ts";
import { authDeps, secretReading, type Target } from "../target/target.ts";

/** Credentials that a server has just accepted, and what is known since. */
export interface Proof {
  token: Token;
  discovered: Discovered;
  credentials: Credentials;
  /** What to cache beside the profile. */
  state: AuthState;
}

/** Credentials of flags and variables, to be kept; asks for a missing secret at a terminal. */
export function givenCredentials(call: Call): Promise<Credentials> {
  const { stdin, stderr } = call.around;
  const reading = secretReading(call, "value");
  if (stdin.isTTY)
    reading.prompt = async (question) => {
      const typed = await promptHidden(question, stdin, stderr);
      if (!typed) throw wrongUsage("no client secret given", "give --client-secret or --client-secret-file");
      return typed;
    };
  return readCredentials(call.options, reading);
}

/**
 * Proves credentials with a token request. Nothing is stored: what would be cached comes back.
 *
 * @returns null where the server asks for no authorization
 * @throws M2mcpError what discovery and the grant throw
 */
export async function prove(call: Call, found: Target, credentials: Credentials): Promise<Proof | null> {
  const cache = memoryCache({});
  const deps = await authDeps(call, { ...found, credentials, cache });
  const proven = await login(deps, { server: found.server, credentials });
  return proven && { ...proven, state: (await cache.readAuth()) ?? {} };
}

/** The options of a call that a profile keeps. */
export function keptOptions(call: Call): Partial<Profile> {
  const { options, around, output } = call;
  const headers = options.values("header").map(parseHeader);
  const allowHttp = options.values("allow-http").flatMap((hosts) => hosts.split(/[\s,]+/));
  for (const host of allowHttp.filter((one) => one !== ""))
    output.warn(`plain http is allowed to ${host}: credentials and tokens then travel in the clear`);
  const ca = options.value("ca");
  const protocol = pinnedProtocol(options);
  return {
    ...(headers.length > 0 ? { headers } : {}),
    ...(allowHttp.length > 0 ? { allowHttp } : {}),
    ...(ca === undefined ? {} : { ca: resolve(around.cwd, ca) }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** What a login is about, for people and for programs; never the token. */
export function describe(address: string, name: string, proof: Proof, nowMs: number) {
  const { token, discovered, credentials } = proof;
  const server = withoutUrlSecrets(address);
  const asked = withoutUrlSecrets(credentials.resource ?? discovered.resource);
  const tokenEndpoint = withoutUrlSecrets(discovered.tokenEndpoint);
  const issuer = discovered.issuer ?? credentials.issuer;
  const scope = token.scope ?? credentials.scope;
  return {
    rows: [
      ["server", server],
      ["resource", credentials.resource === null ? "not sent" : asked],
      ["issuer", issuer ?? `not discovered; token endpoint ${tokenEndpoint}`],
      ["scope", scope || "none named"],
      ["expires", token.expiresAtMs === undefined ? "not said" : moment(token.expiresAtMs, nowMs)],
      ["profile", `@${name}`],
    ],
    data: {
      profile: name,
      server,
      grant: credentials.grant,
      resource: credentials.resource === null ? null : asked,
      issuer: issuer ?? null,
      tokenEndpoint,
      scope: scope ?? null,
      tokenType: token.tokenType,
      expiresAt: token.expiresAtMs === undefined ? null : new Date(token.expiresAtMs).toISOString(),
    },
  };
}
