import { basename, dirname, resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { type M2mcpError, wrongUsage } from "../../failure.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { writeNew } from "../../platform/files/write-new.ts";
import { tellUnreadable } from "../profiles/unreadable.ts";
import { loginOf, savedProfile } from "../target/profile-for.ts";
import type { Profile, Store } from "../target/saved.ts";
import { profileName } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { exportedProfile, FORMAT, VERSION } from "./document.ts";

/**
 * `m2mcp export [@svc…] [FILE]`: profiles without secrets, all of them where none is named; on stdout without a file. What
 * cannot be read is named and makes exit code 5.
 */
export async function run(command: Command): Promise<M2mcpError | undefined> {
  const { positionals, output, io } = command;
  const names = positionals.filter((word) => word.startsWith("@"));
  const [file, more] = positionals.filter((word) => !word.startsWith("@"));
  if (more !== undefined)
    throw wrongUsage("export takes one file", "name profiles with their @, as @svc, and then the file");
  if (file?.includes("://"))
    throw wrongUsage("what stands in the file's place is an address", "name profiles as @svc");
  const store = storeOf(command);
  if (file !== undefined && (await store.profileNames()).includes(file.toLowerCase()))
    throw wrongUsage(
      "what stands in the file's place is a profile's name",
      `did you mean @${file}; a file of that name is written ./${file}`,
    );
  const { profiles, unreadable } = await chosen(store, names);
  const failed = tellUnreadable(output, unreadable);
  if (failed && profiles.length === 0) return failed;
  const document = {
    format: FORMAT,
    version: VERSION,
    profiles: profiles.map(exportedProfile).map(({ profile, missing }) => ({ ...profile, missing })),
  };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (file === undefined || file === "-") {
    output.raw(text);
    return failed;
  }
  const path = resolve(io.cwd, file);
  if (!(await written(path, text, command.options.on("force"))))
    throw wrongUsage(
      `${showControls(file)} is there already`,
      "name another file, or replace it with --force",
    );
  const exported = profiles.map(({ name }) => name);
  output.data({ file: path, exported });
  output.print(`${exported.map((name) => `@${name}`).join(", ")} in ${showControls(file)}, without secrets`);
  return failed;
}

/** @returns false where a file is there and stays. @throws M2mcpError (exit 1) where it cannot be written */
async function written(path: string, text: string, force: boolean): Promise<boolean> {
  try {
    return await writeNew(dirname(path), basename(path), Buffer.from(text), force);
  } catch (error) {
    throw wrongUsage(`cannot write the file: ${reasonOf(error)}`, "name another file");
  }
}

/** Those that are named, and the logins that they borrow; all where none is. */
async function chosen(store: Store, names: readonly string[]) {
  if (names.length === 0) {
    const all = await store.listProfiles();
    if (all.profiles.length + all.unreadable.length === 0)
      throw wrongUsage(`no profiles in ${store.folder} yet`, "m2mcp login <server> makes one");
    return all;
  }
  const found = new Map<string, Profile>();
  for (const name of names) {
    const profile = await savedProfile(store, profileName(name));
    const login = await loginOf(store, profile);
    for (const one of [login, profile]) if (one) found.set(one.name, one);
  }
  return { profiles: [...found.values()], unreadable: [] };
}
