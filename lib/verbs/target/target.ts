// What `@name` or a URL stands for: a server, and how to be authorized there.
import type { TokenOrigin } from "../../auth/credentials.ts";
import { requireSecure } from "../../auth/discovery/url.ts";
import type { CacheAddress } from "../../cache/address.ts";
import type { Command } from "../../command-line/command.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { flaggedOption, namesCredentials } from "../credentials/credential-options.ts";
import { type NamedPolicy, policiesOf } from "../policy/tool-policy.ts";
import { mergeHeaders, parseHeader } from "./headers.ts";
import { loginOf, profileFor, savedProfile, urlOf } from "./profile-for.ts";
import { pinnedProtocol } from "./protocol.ts";
import type { Cache, Profile, Store } from "./saved.ts";
import { isWithin, profileName } from "./server-url.ts";
import { type CacheUse, cacheAddress } from "./sharing/cache-address.ts";
import { cacheOf, storeOf } from "./store.ts";

/** A server and how to be authorized there, before anything is sent. */
export interface Target {
  server: string;
  /** The saved connection it came from. */
  profile?: Profile;
  /** The profile whose credentials are used; the same as `profile` when it has its own. */
  login?: Profile;
  /** Null: no authorization is known for this server. */
  credentials: TokenOrigin | null;
  headers: [name: string, value: string][];
  allowHttp: string[];
  ca?: string;
  protocol?: string;
  /** Where its tokens are shared with other machines. */
  sharedCache?: CacheAddress;
  /** Told how that cache serves, from the first time that it is asked. */
  onCacheUse?: (use: CacheUse) => void;
  /** Which tools may be used, each with who has said so; empty: all of them. */
  policies: NamedPolicy[];
  cache: Cache;
  /** Where it is kept which issuer took the credentials; for those that belong to no profile. */
  takenBy?: Cache;
  store: Store;
}

/** The target as a person writes it. */
export const nameOf = ({ profile, server }: Pick<Target, "profile" | "server">): string =>
  profile ? `@${profile.name}` : withoutUrlSecrets(server);

/**
 * What `@name` or a URL stands for. A URL takes the credentials of flags and variables, else those of the
 * profile saved for it, else none.
 *
 * @throws M2mcpError exit 1 (unknown name, several profiles, plain http), exit 5 (the store)
 */
export async function resolveTarget(command: Command, text: string): Promise<Target> {
  const store = storeOf(command);
  return text.startsWith("@") ? namedTarget(command, store, text) : addressTarget(command, store, text);
}

async function namedTarget(command: Command, store: Store, text: string): Promise<Target> {
  const flagged = flaggedOption(command.options);
  if (flagged !== undefined)
    throw wrongUsage(
      `${text} has credentials of its own, which --${spelt(command.options, flagged)} does not change`,
      "give the server's address instead of the name, or m2mcp login again to replace them",
    );
  const name = profileName(text);
  store.expect(name);
  return profileTarget(command, store, await savedProfile(store, name));
}

/** The target of a saved connection, with what the command adds to it. */
export async function profileTarget(command: Command, store: Store, profile: Profile): Promise<Target> {
  const login = await loginOf(store, profile);
  if (login && !isWithin(profile.server, login.server))
    throw wrongUsage(
      `@${profile.name} is for ${profile.server}, but its login @${login.name} is for ${login.server}`,
      `m2mcp connect ${profile.server} @${profile.name} again`,
    );
  return withOptions(command, store, profile.server, {
    profile,
    ...(login ? { login } : {}),
    credentials: login?.credentials ?? null,
    cache: cacheOf(store, (login ?? profile).name),
  });
}

async function addressTarget(command: Command, store: Store, text: string): Promise<Target> {
  const server = await urlOf(store, text);
  await store.unlock();
  if (namesCredentials(command.options)) {
    const credentials = await givenCredentials(command);
    // The secret is one of the parts: with another secret, the token got by the first is not found.
    const { identityParts } = await import("../../auth/platforms/identity-parts.ts");
    const parts = identityParts(credentials, command.io.env);
    const cache = cacheOf(store, [server, JSON.stringify(credentials), ...parts]);
    // A token that something else makes goes to the server that it is given for.
    if (credentials.grant === null) return withOptions(command, store, server, { credentials, cache });
    const { clientId, authentication } = credentials;
    const takenBy = cacheOf(store, ["taken by", JSON.stringify([clientId, authentication])]);
    return withOptions(command, store, server, { credentials, cache, takenBy });
  }
  const flagged = flaggedOption(command.options);
  if (flagged !== undefined) {
    const { nothingToSayOf } = await import("../credentials/idle-options.ts");
    throw nothingToSayOf(command.options, flagged, server);
  }
  const profile = await profileFor(store, server, command.options.value("profile"));
  if (profile) {
    command.output.step(`using @${profile.name}, saved for ${profile.server}`);
    return { ...(await profileTarget(command, store, profile)), server };
  }
  return withOptions(command, store, server, { credentials: null, cache: cacheOf(store, [server]) });
}

/** Those of flags and variables; what reads them is not loaded for a saved connection. */
async function givenCredentials(command: Command): Promise<TokenOrigin> {
  const { readTokenOrigin } = await import("../credentials/token-origin.ts");
  const { secretReading } = await import("../credentials/secret-reading.ts");
  return readTokenOrigin(command.options, secretReading(command, "source"));
}

/** Hosts that --allow-http names, one or several a value. */
export const allowedHosts = (options: Options): string[] =>
  options
    .values("allow-http")
    .flatMap((hosts) => hosts.split(/[\s,]+/))
    .filter((host) => host !== "");

/**
 * A server with what the options and the profiles behind it add.
 *
 * @throws M2mcpError (exit 1) where plain http is not allowed, or an option is malformed
 */
export function withOptions(
  { options, io }: Command,
  store: Store,
  server: string,
  known: Pick<Target, "credentials" | "cache" | "takenBy"> & { profile?: Profile; login?: Profile },
): Target {
  const { profile, login } = known;
  const allowHttp = [...(login?.allowHttp ?? []), ...(profile?.allowHttp ?? []), ...allowedHosts(options)];
  requireSecure(server, "the server's address", allowHttp);
  const headers = mergeHeaders(
    login?.headers ?? [],
    profile?.headers ?? [],
    options.values("header").map(parseHeader),
  );
  const ca = options.value("ca") ?? profile?.ca ?? login?.ca;
  const sharedCache = cacheAddress(options.value("cache") ?? profile?.cache ?? login?.cache, io.env);
  const protocol = pinnedProtocol(options) ?? profile?.protocol ?? login?.protocol;
  return {
    ...known,
    server,
    store,
    headers,
    allowHttp: [...new Set(allowHttp)],
    policies: policiesOf(options, [login, profile]),
    ...(ca === undefined ? {} : { ca }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(sharedCache ? { sharedCache } : {}),
  };
}
