import type { AuthState } from "../../auth/credentials.ts";
import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { namesCredentials } from "../credentials/credential-options.ts";
import { profileFor, savedProfile } from "../target/profile-for.ts";
import { memoryCache, type Profile, type Store } from "../target/saved.ts";
import { profileName, sameServer, serverUrl } from "../target/server-url.ts";
import { cacheOf, storeOf } from "../target/store.ts";
import { profileTarget, type Target, withOptions } from "../target/target.ts";
import { withTarget } from "../with-client.ts";
import { givenCredentials, keptOptions, tryLogin } from "./trial-login.ts";

/** `m2mcp connect <server|@login> @svc`: saves the connection once a real request went over it. */
export async function run(command: Command): Promise<undefined> {
  const [from = "", as = ""] = command.positionals;
  const name = profileName(as);
  const store = storeOf(command);
  const old = await store.readProfile(name).catch(() => null);
  const { target, profile, state } = await planned(command, store, from, name, old);

  const info = await withTarget(command, target, async (client) => {
    const answered = await client.serverInfo();
    await store.writeProfile(profile);
    if (state) {
      const auth = (await target.cache.readAuth()) ?? state;
      await cacheOf(store, name).changeAuth(() => auth);
    }
    return answered;
  });

  const version = showControls(`${info.name} ${info.version}`);
  const at = withoutUrlSecrets(profile.server);
  command.output.data({ profile: name, server: at, login: profile.login ?? null, serverInfo: info });
  const by = profile.login ? ` with the login @${profile.login}` : "";
  command.output.print(`connected @${name} to ${version} at ${at}${by}\n  m2mcp @${name} tools-list`);
}

/** What to try and what to save. The profile that holds a login keeps it. */
async function planned(
  command: Command,
  store: Store,
  from: string,
  name: string,
  old: Profile | null,
): Promise<{ target: Target; profile: Profile; state?: AuthState }> {
  const kept = keptOptions(command);
  const createdAtMs = old?.createdAtMs ?? command.io.now();
  const login = from.startsWith("@") ? await loginNamed(command, store, from) : undefined;
  const server = login?.server ?? serverUrl(from);
  if (old?.credentials && !sameServer(old.server, server))
    throw wrongUsage(
      `@${name} is a login for ${old.server}`,
      `choose another name, or m2mcp logout @${name} first`,
    );

  if (!login && namesCredentials(command.options)) {
    const credentials = await givenCredentials(command);
    const bare = withOptions(command, store, server, { credentials, cache: memoryCache({}) });
    const trial = await tryLogin(command, bare, credentials);
    if (!trial)
      return { target: { ...bare, credentials: null }, profile: { name, server, ...kept, createdAtMs } };
    const profile: Profile = { name, server, credentials: trial.credentials, ...kept, createdAtMs };
    const target = { ...bare, credentials: trial.credentials, cache: memoryCache(trial.state) };
    return { target, profile, state: trial.state };
  }
  const known = login ?? (await profileFor(store, server, command.options.value("profile")));
  const holder = known?.credentials ? known.name : known?.login;
  const profile: Profile = old?.credentials
    ? { ...old, ...kept }
    : { name, server, ...(holder ? { login: holder } : {}), ...kept, createdAtMs };
  return { target: await profileTarget(command, store, profile), profile };
}

async function loginNamed(command: Command, store: Store, text: string): Promise<Profile> {
  const named = await savedProfile(store, profileName(text));
  if (command.options.value("profile") !== undefined)
    throw wrongUsage("--profile is for a server's address", `${text} names the login already`);
  return named;
}
