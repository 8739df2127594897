import { M2mcpError, wrongUsage } from "../../failure.ts";
import type { Asker } from "../../ui/ask.ts";
import type { Profile, Store } from "../target/saved.ts";
import { nameFor, profileName, sameServer } from "../target/server-url.ts";
import { oneAtATime } from "./one-at-a-time.ts";

/** Names that are refused before that is an error. */
const MOST_TRIES = 3;

/**
 * The profile that a login renews.
 *
 * @throws M2mcpError (exit 1) when the name belongs to another server, so that nothing is lost by mistake
 */
export async function renewed(
  store: Store,
  server: string,
  named: string | undefined,
): Promise<Profile | undefined> {
  if (named !== undefined) return unlessForeign(store, server, named);
  const { profiles } = await store.listProfiles();
  const logins = profiles.filter((profile) => profile.credentials && sameServer(profile.server, server));
  if (logins.length > 1)
    throw wrongUsage(
      `several logins know ${server}: ${logins.map((profile) => `@${profile.name}`).join(", ")}`,
      `name the one to renew: m2mcp login ${server} @${logins[0]?.name}`,
    );
  return logins[0];
}

/** What is kept under a name. One that cannot be read is none: it is replaced, which is how a damaged one is mended. */
export const profileUnder = (store: Store, name: string): Promise<Profile | null> =>
  store.readProfile(name).catch(() => null);

/**
 * Saves what came of a login, over what its profile is by then; under the next free name where the usual one was taken
 * for another server meanwhile.
 *
 * @returns the name
 * @throws M2mcpError (exit 1) where a name that was wanted belongs to another server
 */
export async function saveUnder(
  store: Store,
  server: string,
  wanted: string | undefined,
  chosen: () => Promise<string>,
  save: (name: string, old: Profile | undefined) => Promise<void>,
): Promise<string> {
  for (;;) {
    const name = wanted ?? (await chosen());
    const isSaved = await oneAtATime(store, name, async () => {
      const old = await profileUnder(store, name);
      if (old && !sameServer(old.server, server)) {
        if (wanted !== undefined) throw foreign(old);
        return false;
      }
      await save(name, old ?? undefined);
      return true;
    });
    if (isSaved) return name;
  }
}

/** What is kept under a name. @throws M2mcpError (exit 1) where that is for another server */
async function unlessForeign(store: Store, server: string, name: string): Promise<Profile | undefined> {
  const old = await profileUnder(store, name);
  if (old && !sameServer(old.server, server)) throw foreign(old);
  return old ?? undefined;
}

const foreign = ({ name, server }: Profile) =>
  wrongUsage(`@${name} belongs to ${server}`, `choose another name, or m2mcp logout @${name} first`);

/**
 * A name for a new profile: of the server's host, unless the person at the terminal wants another.
 *
 * @throws M2mcpError (exit 1) after three that cannot be
 */
export async function newName(store: Store, server: string, asker: Asker | undefined): Promise<string> {
  const { profiles } = await store.listProfiles();
  const usual = nameFor(server, (name) => profiles.some((profile) => profile.name === name));
  if (!asker) return usual;
  for (let tries = 1; ; tries++) {
    const typed = await asker.line("name to keep it under", usual);
    try {
      const name = profileName(`@${(typed || usual).replace(/^@/, "")}`);
      await unlessForeign(store, server, name);
      return name;
    } catch (error) {
      if (!(error instanceof M2mcpError) || tries === MOST_TRIES) throw error;
      asker.say(`${error.message}; ${error.hint}`);
    }
  }
}
