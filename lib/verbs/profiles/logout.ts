import type { Command } from "../../command-line/command.ts";
import { suggest } from "../../command-line/suggest.ts";
import { wrongUsage } from "../../failure.ts";
import { noSuchProfile } from "../errors.ts";
import { urlOf } from "../target/profile-for.ts";
import type { Profile, Store } from "../target/saved.ts";
import { profileName, sameServer } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** `m2mcp logout @name|<server>`: removes the profile, its secrets and token, and those that borrow them. */
export async function run(command: Command): Promise<undefined> {
  const [text = ""] = command.positionals;
  const store = storeOf(command);
  const { profiles } = await store.listProfiles();
  const name = text.startsWith("@") ? profileName(text) : nameOf(profiles, await urlOf(store, text));
  const borrowers = profiles.filter((profile) => profile.login === name).map((profile) => profile.name);
  const removed = await removeAll(store, [...borrowers, name]);
  if (!removed.includes(name))
    throw noSuchProfile(name, store.folder, suggest(name, await store.profileNames()));

  command.output.data({ removed });
  command.output.print(`removed @${name} with its secrets and tokens`);
  for (const borrower of borrowers) command.output.print(`removed @${borrower}, which used its login`);
}

/** Borrowers first: whatever happens in between, none is left that points at nothing. */
async function removeAll(store: Store, names: string[]): Promise<string[]> {
  const removed: string[] = [];
  for (const name of names)
    if (await oneAtATime(store, name, () => store.removeProfile(name))) removed.push(name);
  return removed;
}

function nameOf(profiles: Profile[], server: string): string {
  const known = profiles.filter((profile) => sameServer(profile.server, server));
  const logins = known.filter((profile) => profile.credentials);
  const [found, ...more] = logins.length > 0 ? logins : known;
  if (!found) throw wrongUsage(`no profile knows ${server}`, "m2mcp profiles lists what there is");
  if (more.length > 0)
    throw wrongUsage(
      `several profiles know ${server}: ${[found, ...more].map(({ name }) => `@${name}`).join(", ")}`,
      `name the one to remove: m2mcp logout @${found.name}`,
    );
  return found.name;
}
