// Settings of a profile, shown and changed one by one.
import { isDeepStrictEqual } from "node:util";
import type { Command } from "../../command-line/command.ts";
import { yesOrNo } from "../../command-line/option-values.ts";
import { isOptionName, OPTIONS, type OptionName } from "../../command-line/options.ts";
import { suggest } from "../../command-line/suggest.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { table } from "../../ui/table.ts";
import { TOKENS } from "../credentials/credential-options.ts";
import type { SecretReading } from "../credentials/secret-reading.ts";
import { oneAtATime } from "../profiles/one-at-a-time.ts";
import { loginOf, savedProfile } from "../target/profile-for.ts";
import type { Profile, Store } from "../target/saved.ts";
import { profileName } from "../target/server-url.ts";
import { storeOf } from "../target/store.ts";
import { changedProfile } from "./changed-profile.ts";
import { readingOnce } from "./reading-once.ts";
import { EXCHANGE_SETTINGS, PROOF_SETTINGS, SETTINGS, type Setting } from "./setting.ts";

/** `m2mcp config @svc [key[=value]…]`: shows the settings of a profile, or one, or changes some; `key=` unsets one. */
export async function run(command: Command): Promise<undefined> {
  const [text = "", ...words] = command.positionals;
  const store = storeOf(command);
  const name = profileName(text);
  const profile = await savedProfile(store, name);
  const asked = words.filter((word) => !word.includes("="));
  const changes = words.filter((word) => word.includes("="));
  for (const word of asked) settingName(word);
  const saved = changes.length > 0 ? await change(command, store, profile, changes) : profile;
  const rows = rowsOf(saved, (await loginOf(store, saved)) ?? saved);
  const shown = asked.length > 0 ? rows.filter(([name]) => asked.includes(name)) : rows;
  command.output.data({
    profile: saved.name,
    server: withoutUrlSecrets(saved.server),
    settings: Object.fromEntries(rows.map(([name, value]) => [name, value ?? null])),
  });
  if (changes.length > 0) command.output.note(`changed @${saved.name}; m2mcp ping @${saved.name} tries it`);
  const [only] = shown;
  if (asked.length === 1 && only) command.output.print(withoutUrlSecrets(only[1] ?? ""));
  else
    command.output.print(
      table(
        shown
          .filter(([, value]) => value !== undefined)
          .map(([name, value]) => [name, withoutUrlSecrets(value ?? "")]),
      ),
    );
}

const rowsOf = (profile: Profile, holder: Profile): [OptionName, string | undefined][] =>
  SETTINGS.map((setting) => [
    setting.name,
    setting.shown(setting.of === "login" ? holder : profile, holder.credentials),
  ]);

/** Changes what there is by then: should another command have changed it meanwhile, once more. */
async function change(
  command: Command,
  store: Store,
  found: Profile,
  words: readonly string[],
): Promise<Profile> {
  const reading = readingOnce(command, found);
  for (let old = found; ; ) {
    const { profile, isOther } = await changedBy(command, reading, old, words);
    const there = await oneAtATime(store, old.name, async () => {
      const latest = await savedProfile(store, old.name);
      if (!isDeepStrictEqual(latest, old)) return latest;
      // What was found out with other settings, and a token for another scope, hold no more.
      if (profile.login === undefined && isOther) await store.saveProfile(profile, {});
      else await store.writeProfile(profile);
      return undefined;
    });
    if (!there) return profile;
    old = there;
  }
}

async function changedBy(
  command: Command,
  reading: SecretReading,
  old: Profile,
  words: readonly string[],
): Promise<{ profile: Profile; isOther: boolean }> {
  const given = new Map<OptionName, string[]>();
  let profile = old;
  let isOther = false;
  for (const word of words) {
    const equals = word.indexOf("=");
    const name = settingName(word.slice(0, equals));
    const value = word.slice(equals + 1);
    const setting = SETTINGS.find((one) => one.name === (name === "no-resource" ? "resource" : name));
    requireOwn(old, setting, name);
    isOther ||= setting?.of !== "this side";
    if (value === "" || isNo(name, value)) {
      profile = unset(profile, setting, name);
      // What stands last counts.
      given.delete(name);
    } else given.set(name, [...(given.get(name) ?? []), value]);
  }
  return { profile: await changedProfile(command, reading, profile, given), isOther };
}

/** Of a switch, no is the same as nothing. */
const isNo = (name: OptionName, value: string) =>
  OPTIONS[name].value === undefined && yesOrNo(value) === false;

function unset(profile: Profile, setting: Setting | undefined, name: OptionName): Profile {
  if (!setting?.unset) throw wrongUsage(`${name} cannot be unset`, "m2mcp logout removes a whole profile");
  return setting.unset(profile);
}

/** Settings of a login are changed where it is. */
function requireOwn(profile: Profile, setting: Setting | undefined, name: OptionName): void {
  if (profile.credentials || (setting && setting.of !== "login")) return;
  if (profile.login)
    throw wrongUsage(
      `@${profile.name} uses the login @${profile.login}, which ${name} belongs to`,
      `m2mcp config @${profile.login} ${name}=…`,
    );
  throw wrongUsage(
    `@${profile.name} has no credentials, which ${name} belongs to`,
    `m2mcp login ${withoutUrlSecrets(profile.server)} @${profile.name}`,
  );
}

const NAMES: readonly OptionName[] = [
  ...new Set([
    ...SETTINGS.map(({ name }) => name),
    ...PROOF_SETTINGS,
    ...EXCHANGE_SETTINGS,
    ...TOKENS,
    "no-resource" as const,
  ]),
];

/** @throws M2mcpError (exit 1) with the near one, which never repeats a value */
function settingName(text: string): OptionName {
  if (isOptionName(text) && NAMES.includes(text)) return text;
  const near = suggest(text, NAMES);
  // What is near none may be part of a secret.
  throw wrongUsage(
    near ? `unknown setting ${text}` : "unknown setting",
    near ? `did you mean ${near}` : `there are ${NAMES.join(", ")}`,
  );
}
