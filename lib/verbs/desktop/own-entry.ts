import { resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { desktopEntry, type Entry } from "../../desktop/entry.ts";
import type { Scope } from "../../desktop/host.ts";
import { isObject } from "../../json.ts";
import { storeFolder } from "../../platform/own-folders/settings.ts";
import { ownProgram } from "../../platform/programs/own-program.ts";
import { variablesIn } from "../target/placeholders.ts";
import { loginOf, savedProfile } from "../target/profile-for.ts";
import type { Profile, Store } from "../target/saved.ts";
import { profileName } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";

/** The entry of a saved connection, and what its user should know of it. */
export interface OwnEntry {
  profile: string;
  /** Its address. */
  server: string;
  entry: Entry;
  warnings: string[];
}

/**
 * What hosts shall start for `@name`.
 *
 * @param text `@name`, as it was given
 * @param more further arguments of `bridge`
 * @throws M2mcpError no_profile
 */
export async function ownEntry(
  command: Command,
  text: string,
  scope: Scope = "user",
  more: readonly string[] = [],
): Promise<OwnEntry> {
  const store = storeOf(command);
  const name = profileName(text);
  const profile = await savedProfile(store, name);
  const warnings = await warningsFor(store, profile);
  // A file that a team shares names no place of this machine.
  if (scope === "project") {
    warnings.push(
      `who shares the file needs m2mcp on PATH and a login of their own as @${name}; it holds no secret`,
    );
    return { profile: name, server: profile.server, entry: desktopEntry(name, "m2mcp", more), warnings };
  }
  const program = ownProgram(command.io.env.PATH ?? command.io.env.Path ?? "");
  if (program.kind === "source")
    warnings.push("this is run from source: the entry starts the source, by the runtime that runs it now");
  const entry = desktopEntry(name, program, more, storeVariables(command));
  return { profile: name, server: profile.server, entry, warnings };
}

/** Hosts pass on the home, not what else says where the store is. */
function storeVariables({ io }: Command): Record<string, string> {
  const { HOME, USERPROFILE, APPDATA } = io.env;
  const folder = resolve(io.cwd, storeFolder(io.env));
  return folder === storeFolder({ HOME, USERPROFILE, APPDATA }) ? {} : { M2MCP_HOME: folder };
}

async function warningsFor(store: Store, profile: Profile): Promise<string[]> {
  const warnings: string[] = [];
  if ((await store.keyPlace()) === "passphrase")
    warnings.push(
      "the store opens with M2MCP_PASSPHRASE, which hosts do not pass on: m2mcp store move --to keyring, or --to file",
    );
  const inCache = variablesIn(profile.cache ?? "");
  if (inCache.length > 0)
    warnings.push(
      `the cache of @${profile.name} takes ${inCache.join(", ")} from the environment, which hosts may not pass on`,
    );
  const headers = (profile.headers ?? []).map(([, value]) => value).join(" ");
  const variables = variablesIn(headers);
  if (variables.length > 0)
    warnings.push(
      `headers of @${profile.name} take ${variables.join(", ")} from the environment, which hosts may not pass on`,
    );
  const login = await loginOf(store, profile).catch(() => undefined);
  const origin = login?.credentials;
  const sources: unknown[] =
    origin?.grant === null
      ? [origin.token]
      : [...Object.values(origin?.authentication ?? {}), origin?.assertion, origin?.tls].filter(isObject);
  if (sources.some((source) => isObject(source) && source.from === "command"))
    warnings.push(
      `a command gives the secret or token of @${profile.name}, and hosts start it with little on PATH: log in with its whole path`,
    );
  const named = sources.flatMap((source) => (isObject(source) ? variableOf(source) : []));
  if (named.length > 0)
    warnings.push(
      `the login of @${profile.name} takes ${named.join(" and ")} from the environment, which hosts may not pass on`,
    );
  return warnings;
}

/** The variables that an identity comes from, where it comes from some. */
function variableOf({ from, name }: Record<string, unknown>): string[] {
  if (from === "env" && typeof name === "string") return [name];
  return from === "spiffe" ? ["SPIFFE_ENDPOINT_SOCKET"] : [];
}
