import { suggest } from "../../command-line/suggest.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import { noSuchProfile } from "../errors.ts";
import type { Profile, Store } from "./saved.ts";
import { isWithin, profileName, sameServer, serverUrl } from "./server-url.ts";

/**
 * The profile whose credentials are good for a server: the one saved for the longest part of its address.
 *
 * @param wanted `@name` to choose where several are as good
 * @param use its settings too, or the login alone
 * @throws M2mcpError (exit 1) when several are as good and none is named
 */
export async function profileFor(
  store: Store,
  server: string,
  wanted: string | undefined,
  use: "all" | "login" = "all",
): Promise<Profile | undefined> {
  if (wanted !== undefined) {
    const named = await savedProfile(store, profileName(wanted));
    if (!isWithin(server, named.server))
      throw wrongUsage(`${wanted} is for ${named.server}`, `m2mcp login ${server} for this server`);
    return named;
  }
  const { profiles } = await store.listProfiles();
  const best = bestOf(profiles, server);
  const candidates = use === "all" ? best : best.filter(({ credentials, login }) => credentials ?? login);
  const distinct = new Set(candidates.map((profile) => profile.login ?? profile.name));
  // Connections without authorization are all alike, but for their headers.
  if (distinct.size > 1)
    throw wrongUsage(
      `several profiles know ${server}: ${candidates.map((profile) => `@${profile.name}`).join(", ")}`,
      "name one of them instead of the address; for connect, with --profile @NAME",
    );
  return candidates[0];
}

/** Those saved for the longest part of the address: logins before connections that use one, these before others. */
function bestOf(profiles: readonly Profile[], server: string): Profile[] {
  const known = profiles.filter((profile) =>
    profile.credentials ? isWithin(server, profile.server) : sameServer(server, profile.server),
  );
  const longest = Math.max(...known.map((profile) => profile.server.length));
  const best = known.filter((profile) => profile.server.length >= longest - 1);
  const logins = best.filter((profile) => profile.credentials);
  if (logins.length > 0) return logins;
  const connections = best.filter((profile) => profile.login !== undefined);
  return connections.length > 0 ? connections : best;
}

/**
 * The address of a server as a user writes it.
 *
 * @throws M2mcpError (exit 1) when it is none, naming the profile that may have been meant
 */
export async function urlOf(store: Store, text: string): Promise<string> {
  try {
    return serverUrl(text);
  } catch (error) {
    const near = /^[\w.-]{1,64}$/.test(text) ? suggest(text, await store.profileNames()) : undefined;
    if (near === undefined || !(error instanceof M2mcpError)) throw error;
    throw wrongUsage(error.message, `did you mean @${near}`);
  }
}

/** @throws M2mcpError (exit 1) when there is none of this name */
export async function savedProfile(store: Store, name: string): Promise<Profile> {
  const profile = await store.readProfile(name);
  if (!profile) throw noSuchProfile(name, store.folder, suggest(name, await store.profileNames()));
  return profile;
}

/**
 * The profile that holds the credentials of another.
 *
 * @throws M2mcpError (exit 1) when it is gone
 */
export async function loginOf(store: Store, profile: Profile): Promise<Profile | undefined> {
  if (profile.credentials) return profile;
  if (profile.login === undefined) return undefined;
  const login = await savedProfile(store, profile.login);
  if (!login.credentials) throw noSuchProfile(profile.login, store.folder);
  return login;
}
