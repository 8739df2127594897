import { resolve } from "node:path";
import type { AuthState, Credentials, Discovered, Token } from "../../auth/credentials.ts";
import { login } from "../../auth/login.ts";
import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { promptHidden } from "../../ui/prompt.ts";
import { moment } from "../../ui/time.ts";
import { readCredentials } from "../credentials/credentials.ts";
import { secretReading } from "../credentials/secret-reading.ts";
import { authDeps } from "../target/auth-deps.ts";
import { parseHeader } from "../target/headers.ts";
import { pinnedProtocol } from "../target/protocol.ts";
import { memoryCache, type Profile } from "../target/saved.ts";
import { allowedHosts, type Target } from "../target/target.ts";

/** Credentials that a server has just accepted, and what is known since. */
export interface TrialLogin {
  token: Token;
  discovered: Discovered;
  credentials: Credentials;
  /** What to cache beside the profile. */
  state: AuthState;
}

/** Credentials of flags and variables, to be kept; asks for a missing secret at a terminal. */
export function givenCredentials(command: Command): Promise<Credentials> {
  const { stdin, stderr } = command.io;
  const reading = secretReading(command, "value");
  if (stdin.isTTY)
    reading.prompt = async (question) => {
      const typed = await promptHidden(question, stdin, stderr);
      if (!typed) throw wrongUsage("no client secret given", "give --client-secret or --client-secret-file");
      return typed;
    };
  return readCredentials(command.options, reading);
}

/**
 * Tries credentials with a token request. Nothing is stored: what would be cached comes back.
 *
 * @returns null where the server asks for no authorization
 * @throws M2mcpError what discovery and the grant throw
 */
export async function tryLogin(
  command: Command,
  target: Target,
  credentials: Credentials,
): Promise<TrialLogin | null> {
  const cache = memoryCache({});
  const deps = await authDeps(command, { ...target, credentials, cache });
  const accepted = await login(deps, { server: target.server, credentials });
  return accepted && { ...accepted, state: (await cache.readAuth()) ?? {} };
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
  return {
    ...(headers.length > 0 ? { headers } : {}),
    ...(allowHttp.length > 0 ? { allowHttp } : {}),
    ...(ca === undefined ? {} : { ca: resolve(io.cwd, ca) }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** What a login is about, for people and for programs; never the token. */
export function describe(address: string, name: string, trial: TrialLogin, nowMs: number) {
  const { token, discovered, credentials } = trial;
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
