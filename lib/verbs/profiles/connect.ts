import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { flaggedOption, namesCredentials } from "../credentials/credential-options.ts";
import { nothingToSayOf } from "../credentials/idle-options.ts";
import { withPolicyOf } from "../policy/tool-policy.ts";
import { profileFor, savedProfile, urlOf } from "../target/profile-for.ts";
import { type MemoryCache, memoryCache, type Profile, type Store } from "../target/saved.ts";
import { profileName, sameServer } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { profileTarget, type Target, withOptions } from "../target/target.ts";
import { firstRequest } from "./first-request.ts";
import { profileUnder } from "./names.ts";
import { showNext } from "./next-steps.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { givenCredentials, keptOptions, tryLogin } from "./trial-login.ts";

/** `m2mcp connect <server|@login> @svc`: saves the connection once a real request went over it. */
export async function run(command: Command): Promise<undefined> {
  const [from = "", as = ""] = command.positionals;
  const name = profileName(as);
  const store = storeOf(command);
  const { target, over, learned } = await planned(
    command,
    store,
    from,
    name,
    await profileUnder(store, name),
  );

  const info = await firstRequest(command, target);
  const profile = await oneAtATime(store, name, async () => {
    const saved = over(await profileUnder(store, name));
    // What the request found out, its session too, serves the next command.
    if (learned) await store.saveProfile(saved, learned.state());
    else await store.writeProfile(saved);
    return saved;
  });

  const version = showControls(`${info.name} ${info.version}`);
  const at = withoutUrlSecrets(profile.server);
  command.output.data({ profile: name, server: at, login: profile.login ?? null, serverInfo: info });
  const by = profile.login ? ` with the login @${profile.login}` : "";
  command.output.print(`connected @${name} to ${version} at ${at}${by}`);
  await showNext(command, name);
}

interface Plan {
  target: Target;
  /** What to save over what stands under the name by then. */
  over: (old: Profile | null) => Profile;
  /** What is learned on the way, where the store has no place for it before there is the profile. */
  learned?: MemoryCache;
}

/** What to try and what to save. The profile that holds a login keeps it. */
async function planned(
  command: Command,
  store: Store,
  from: string,
  name: string,
  old: Profile | null,
): Promise<Plan> {
  const login = from.startsWith("@") ? await loginNamed(command, store, from) : undefined;
  const server = login?.server ?? (await urlOf(store, from));
  const given = keptOptions(command);
  const over = (old: Profile | null, own: Partial<Profile>): Profile => {
    const isSame = old !== null && sameServer(old.server, server);
    if (old?.credentials && !isSame)
      throw wrongUsage(
        `@${name} is a login for ${old.server}`,
        `choose another name, or m2mcp logout @${name} first`,
      );
    const kept = withPolicyOf(given, isSame ? old : null);
    if (old?.credentials && !own.credentials) return { ...old, ...kept };
    return { name, server, ...own, ...kept, createdAtMs: old?.createdAtMs ?? command.io.now() };
  };
  over(old, {});

  if (!login && namesCredentials(command.options)) {
    const credentials = await givenCredentials(command);
    const learned = memoryCache({});
    const bare = withOptions(command, store, server, { credentials, cache: learned });
    const trial = await tryLogin(command, bare, credentials);
    const own = trial ? { credentials: trial.credentials } : {};
    const target = { ...bare, credentials: trial?.credentials ?? null };
    return { target, over: (old) => over(old, own), learned };
  }
  const flagged = flaggedOption(command.options);
  if (!login && flagged !== undefined) throw nothingToSayOf(command.options, flagged, server);
  const known = login ?? (await profileFor(store, server, command.options.value("profile"), "login"));
  const holder = known?.credentials ? known.name : known?.login;
  const own = holder ? { login: holder } : {};
  const plan = { over: (old: Profile | null) => over(old, own) };
  const target = await profileTarget(command, store, over(old, own));
  if (target.login) return { ...plan, target };
  const learned = memoryCache({});
  return { ...plan, target: { ...target, cache: learned }, learned };
}

async function loginNamed(command: Command, store: Store, text: string): Promise<Profile> {
  const named = await savedProfile(store, profileName(text));
  if (command.options.value("profile") !== undefined)
    throw wrongUsage("--profile is for a server's address", `${text} names the login already`);
  return named;
}
