import type { AuthState } from "../../auth/credentials.ts";
import type { Call } from "../../command-line/command.ts";
import { CLIENT_INFO } from "../../command-line/version.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { openClient } from "../../hosts/one-off.ts";
import { createCache, memoryCache } from "../../store/state-cache.ts";
import type { Profile, Store } from "../../store/types.ts";
import { harmless } from "../../ui/table.ts";
import { namesCredentials } from "../target/credentials.ts";
import { storeOf } from "../target/option-files.ts";
import { profileName, sameServer, serverUrl } from "../target/server-url.ts";
import { ONE_OFF, openEndpoint, profileFor, profileTarget, type Target, target } from "../target/target.ts";
import { givenCredentials, keptOptions, prove } from "./trial-login.ts";

/** `m2mcp connect <server|@login> @svc`: saves the connection once a real request went over it. */
export async function run(call: Call): Promise<undefined> {
  const [from = "", as = ""] = call.positionals;
  const name = profileName(as);
  const store = storeOf(call);
  const old = await store.readProfile(name).catch(() => null);
  const { found, profile, state } = await planned(call, store, from, name, old);

  const endpoint = await openEndpoint(call, found, ONE_OFF);
  const client = openClient(endpoint, CLIENT_INFO);
  const info = await client.serverInfo();
  await store.writeProfile(profile);
  if (state) {
    const auth = (await found.cache.readAuth()) ?? state;
    const cache = createCache(
      store,
      async () => name,
      (line) => call.output.warn(line),
    );
    await cache.changeAuth(() => auth);
  }
  await client.close();
  await endpoint.end();

  const version = `${info.name} ${info.version}`;
  const at = withoutUrlSecrets(profile.server);
  call.output.data({ profile: name, server: at, login: profile.login ?? null, serverInfo: info });
  const by = profile.login ? ` with the login @${profile.login}` : "";
  call.output.print(harmless(`connected @${name} to ${version} at ${at}${by}\n  m2mcp @${name} tools-list`));
}

/** What to try and what to save. The profile that holds a login keeps it. */
async function planned(
  call: Call,
  store: Store,
  from: string,
  name: string,
  old: Profile | null,
): Promise<{ found: Target; profile: Profile; state?: AuthState }> {
  const kept = keptOptions(call);
  const createdAtMs = old?.createdAtMs ?? call.around.now();
  const login = from.startsWith("@") ? await loginNamed(call, store, from) : undefined;
  const server = login?.server ?? serverUrl(from);
  if (old?.credentials && !sameServer(old.server, server))
    throw wrongUsage(
      `@${name} is a login for ${old.server}`,
      `choose another name, or m2mcp logout @${name} first`,
    );

  if (!login && namesCredentials(call.options)) {
    const credentials = await givenCredentials(call);
    const bare = target(call, store, server, { credentials, cache: memoryCache({}) });
    const proof = await prove(call, bare, credentials);
    if (!proof)
      return { found: { ...bare, credentials: null }, profile: { name, server, ...kept, createdAtMs } };
    const profile: Profile = { name, server, credentials: proof.credentials, ...kept, createdAtMs };
    const found = { ...bare, credentials: proof.credentials, cache: memoryCache(proof.state) };
    return { found, profile, state: proof.state };
  }
  const known = login ?? (await profileFor(store, server, call.options.value("profile")));
  const holder = known?.credentials ? known.name : known?.login;
  if (old?.credentials) {
    const profile = { ...old, ...kept };
    return { found: await profileTarget(call, store, profile), profile };
  }
  const profile: Profile = { name, server, ...(holder ? { login: holder } : {}), ...kept, createdAtMs };
  return { found: await profileTarget(call, store, profile), profile };
}

async function loginNamed(call: Call, store: Store, text: string): Promise<Profile> {
  const named = await store.readProfile(profileName(text));
  if (!named) throw wrongUsage(`there is no login ${text}`, "m2mcp profiles lists what there is");
  if (call.options.value("profile") !== undefined)
    throw wrongUsage("--profile is for a server's address", `${text} names the login already`);
  return named;
}
