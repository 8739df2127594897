import { readSecret } from "../../auth/client/secrets.ts";
import type { Authorization, Credentials } from "../../auth/credentials.ts";
import type { AuthDeps } from "../../auth/deps.ts";
import { requireSecure } from "../../auth/discovery/url.ts";
import { loggedOut } from "../../auth/errors.ts";
import { createAuthorization, noAuthorization } from "../../auth/tokens/authorization.ts";
import { timeoutMs } from "../../command-line/arguments.ts";
import type { Call } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import type { Endpoint } from "../../mcp/protocol/endpoint.ts";
import { createFetch } from "../../platform/fetch.ts";
import { type Cache, createCache } from "../../store/state-cache.ts";
import type { Profile, Store } from "../../store/types.ts";
import { noSuchProfile } from "../errors.ts";
import { followingFetch } from "./client-certificate.ts";
import { flagsCredentials, namesCredentials, readCredentials, type SecretReading } from "./credentials.ts";
import { expandHeaders, mergeHeaders, parseHeader } from "./headers.ts";
import { readAuthorities, readStdin, storeOf } from "./option-files.ts";
import { pinnedProtocol } from "./protocol.ts";
import { isWithin, profileName, sameServer, serverUrl } from "./server-url.ts";

const AUTH_TIMEOUT_MS = 10_000;
/** How long a client certificate that was read counts, in ms. */
const FILE_FRESH_MS = 5000;
const COMMAND_FRESH_MS = 60_000;

/** How long the two kinds of commands wait. */
export const ONE_OFF = { timeoutMs: 60_000, reconnectMs: 0 };
export const BRIDGE = { timeoutMs: 600_000, reconnectMs: 5000 };

/** A server and how to be authorized there, before anything is sent. */
export interface Target {
  server: string;
  /** The saved connection it came from. */
  profile?: Profile;
  /** The profile whose credentials are used; the same as `profile` when it has its own. */
  login?: Profile;
  /** Null: no authorization is known for this server. */
  credentials: Credentials | null;
  headers: [name: string, value: string][];
  allowHttp: string[];
  ca?: string;
  protocol?: string;
  cache: Cache;
  store: Store;
}

/**
 * What `@name` or a URL stands for. A URL takes the credentials of flags and variables, else those of the
 * profile saved for it, else none.
 *
 * @throws M2mcpError exit 1 (unknown name, several profiles, plain http), exit 5 (the store)
 */
export async function findTarget(call: Call, text: string): Promise<Target> {
  const store = storeOf(call);
  return text.startsWith("@") ? namedTarget(call, store, text) : addressTarget(call, store, text);
}

async function namedTarget(call: Call, store: Store, text: string): Promise<Target> {
  if (flagsCredentials(call.options))
    throw wrongUsage(
      `${text} has credentials of its own`,
      "give the server's address instead of the name, or m2mcp login again to replace them",
    );
  const name = profileName(text);
  const profile = await store.readProfile(name);
  if (!profile) throw noSuchProfile(name);
  return profileTarget(call, store, profile);
}

/** The target of a saved connection, with what the call adds to it. */
export async function profileTarget(call: Call, store: Store, profile: Profile): Promise<Target> {
  const login = await loginOf(store, profile);
  if (login && !isWithin(profile.server, login.server))
    throw wrongUsage(
      `@${profile.name} is for ${profile.server}, but its login @${login.name} is for ${login.server}`,
      `m2mcp connect ${profile.server} @${profile.name} again`,
    );
  const id = (login ?? profile).name;
  return target(call, store, profile.server, {
    profile,
    ...(login ? { login } : {}),
    credentials: login?.credentials ?? null,
    cache: createCache(
      store,
      async () => id,
      (line) => call.output.warn(line),
    ),
  });
}

/**
 * The profile that holds the credentials of another.
 *
 * @throws M2mcpError (exit 1) when it is gone
 */
async function loginOf(store: Store, profile: Profile): Promise<Profile | undefined> {
  if (profile.credentials) return profile;
  if (profile.login === undefined) return undefined;
  const login = await store.readProfile(profile.login);
  if (!login?.credentials) throw noSuchProfile(profile.login);
  return login;
}

async function addressTarget(call: Call, store: Store, text: string): Promise<Target> {
  const server = serverUrl(text);
  const warn = (line: string) => call.output.warn(line);
  if (namesCredentials(call.options)) {
    const credentials = await readCredentials(call.options, secretReading(call, "source"));
    // The secret is one of the parts: with another secret, the token got by the first is not found.
    const parts = [server, JSON.stringify(credentials)];
    return target(call, store, server, {
      credentials,
      cache: createCache(store, () => store.stateId(parts), warn),
    });
  }
  const profile = await profileFor(store, server, call.options.value("profile"));
  if (profile) {
    call.output.step(`using @${profile.name}, saved for ${profile.server}`);
    const found = await profileTarget(call, store, profile);
    return { ...found, server };
  }
  return target(call, store, server, {
    credentials: null,
    cache: createCache(store, () => store.stateId([server]), warn),
  });
}

/**
 * The profile whose credentials are good for a server: the one saved for the longest part of its address.
 *
 * @param wanted `@name` to choose where several are as good
 * @throws M2mcpError (exit 1) when several are as good and none is named
 */
export async function profileFor(
  store: Store,
  server: string,
  wanted: string | undefined,
): Promise<Profile | undefined> {
  if (wanted !== undefined) {
    const named = await store.readProfile(profileName(wanted));
    if (!named) throw noSuchProfile(profileName(wanted));
    if (!isWithin(server, named.server))
      throw wrongUsage(`${wanted} is for ${named.server}`, `m2mcp login ${server} for this server`);
    return named;
  }
  const { profiles } = await store.listProfiles();
  const known = profiles.filter((profile) =>
    profile.credentials ? isWithin(server, profile.server) : sameServer(server, profile.server),
  );
  const longest = Math.max(...known.map((profile) => profile.server.length));
  const best = known.filter((profile) => profile.server.length >= longest - 1);
  const logins = best.filter((profile) => profile.credentials);
  const borrowed = new Set(best.map((profile) => profile.login).filter((name) => name !== undefined));
  const candidates = logins.length > 0 ? logins : borrowed.size > 0 ? best.filter((p) => p.login) : best;
  const distinct = new Set(candidates.map((profile) => profile.login ?? profile.name));
  // Connections without authorization are all alike, but for their headers.
  if (distinct.size > 1)
    throw wrongUsage(
      `several profiles know ${server}: ${candidates.map((profile) => `@${profile.name}`).join(", ")}`,
      "name one of them instead of the address; for connect, with --profile @NAME",
    );
  return candidates[0];
}

/** A server with what the call's options and the profiles behind it add. */
export function target(
  call: Call,
  store: Store,
  server: string,
  found: Pick<Target, "credentials" | "cache"> & { profile?: Profile; login?: Profile },
): Target {
  const { options } = call;
  const { profile, login } = found;
  const allowHttp = [
    ...(login?.allowHttp ?? []),
    ...(profile?.allowHttp ?? []),
    ...options.values("allow-http").flatMap((hosts) => hosts.split(/[\s,]+/)),
  ].filter((host) => host !== "");
  requireSecure(server, "the server's address", allowHttp);
  const headers = mergeHeaders(
    login?.headers ?? [],
    profile?.headers ?? [],
    options.values("header").map(parseHeader),
  );
  const ca = options.value("ca") ?? profile?.ca ?? login?.ca;
  const protocol = pinnedProtocol(options) ?? profile?.protocol ?? login?.protocol;
  return {
    ...found,
    server,
    store,
    headers,
    allowHttp: [...new Set(allowHttp)],
    ...(ca === undefined ? {} : { ca }),
    ...(protocol === undefined ? {} : { protocol }),
  };
}

/** How the call's options yield secrets. @param keep as in SecretReading */
export function secretReading(call: Call, keep: SecretReading["keep"]): SecretReading {
  return {
    cwd: call.around.cwd,
    keep,
    read: (source) => readSecret(source, call.around.env),
    async stdin() {
      if (call.verb === "bridge")
        throw wrongUsage(
          "stdin belongs to the bridge: the secret cannot come from there",
          "set M2MCP_CLIENT_SECRET, or give --client-secret-file PATH",
        );
      return readStdin(call);
    },
  };
}

/** What the authorization code is given: the one place where it meets the store and the network. */
export async function authDeps(call: Call, found: Target): Promise<AuthDeps> {
  const { cache, store, login } = found;
  return {
    fetch: await fetchFor(call, found),
    now: call.around.now,
    env: call.around.env,
    read: cache.readAuth,
    write: cache.changeAuth,
    withLock: cache.withLock,
    timeoutMs: timeoutMs(call.options) ?? AUTH_TIMEOUT_MS,
    allowHttp: found.allowHttp,
    log: (line) => call.output.step(line),
    ...(login
      ? {
          async reload() {
            const now = await store.readProfile(login.name);
            // Who logs out means running bridges too.
            if (!now?.credentials) throw loggedOut(login.name, login.server);
            return now.credentials;
          },
        }
      : {}),
  };
}

/** An endpoint whose authorization may have work in the background, which `end` brings to its end. */
export type OpenEndpoint = Endpoint & { end(): Promise<void> };

/** The endpoint of a target, ready for the protocol code. */
export async function openEndpoint(call: Call, found: Target, kind: typeof ONE_OFF): Promise<OpenEndpoint> {
  const { cache, credentials, server, login } = found;
  const deps = await authDeps(call, found);
  const authorization: Authorization = credentials
    ? createAuthorization(deps, { server: login?.server ?? server, credentials })
    : noAuthorization(server);
  return {
    url: server,
    headers: expandHeaders(found.headers, call.around.env),
    authorization,
    fetch: deps.fetch,
    ...(found.protocol === undefined ? {} : { protocol: found.protocol }),
    cache: cache.server(server),
    timeoutMs: timeoutMs(call.options) ?? kind.timeoutMs,
    reconnectMs: kind.reconnectMs,
    log: (line) => call.output.step(line),
    end: () => authorization.end(),
  };
}

async function fetchFor(call: Call, { ca, credentials, login, store }: Target): Promise<typeof fetch> {
  const { env } = call.around;
  const authorities = ca === undefined ? {} : { ca: readAuthorities(call, ca) };
  const tls = credentials?.tls;
  if (!tls) return createFetch(authorities, env);
  // A login that replaces the certificate is followed like a file that is.
  const source = async () =>
    (login ? (await store.readProfile(login.name))?.credentials?.tls : undefined) ?? tls;
  const read = async () => {
    const { cert, key } = await source();
    return { cert: await readSecret(cert, env), key: await readSecret(key, env) };
  };
  const isCommand = tls.cert.from === "command" || tls.key.from === "command";
  return followingFetch(
    read,
    (pair) => createFetch({ ...authorities, ...pair }, env),
    isCommand ? COMMAND_FRESH_MS : FILE_FRESH_MS,
    (line) => call.output.step(line),
  );
}
