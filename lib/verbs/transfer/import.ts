import { resolve } from "node:path";
import type { Command } from "../../command-line/command.ts";
import { showControls } from "../../controls.ts";
import { withoutUrlSecrets, wrongUsage } from "../../failure.ts";
import { textOf } from "../../plain-text.ts";
import { reasonOf } from "../../platform/files/files.ts";
import { readRegularFile } from "../../platform/files/read-file.ts";
import { oneAtATime } from "../profiles/one-at-a-time.ts";
import { readStdin } from "../read-stdin.ts";
import { variablesIn } from "../target/placeholders.ts";
import type { Profile, Store } from "../target/saved.ts";
import { storeOf } from "../target/store.ts";
import { type Exported, HOW_GIVEN } from "./document.ts";
import { readDocument } from "./read-document.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/** `m2mcp import FILE|-`: takes profiles from a file, all or none, and says which secrets they still need. */
export async function run(command: Command): Promise<undefined> {
  const [file = ""] = command.positionals;
  const { output, options, io } = command;
  if (file.startsWith("@") || file.includes("://"))
    throw wrongUsage(
      "import takes a file that export has written",
      "m2mcp import profiles.json, or - for stdin",
    );
  const text = file === "-" ? await readStdin(command, MAX_BYTES, "profiles") : await fileText(io.cwd, file);
  const read = readDocument(text, io.now());
  const profiles = read.map(({ profile }) => profile);
  const store = storeOf(command);
  if (!options.on("force")) await requireFree(store, profiles);
  // Logins first: whatever ends this in between, nothing points at what is not there.
  for (const profile of [...profiles].sort(
    (a, b) => Number(b.login === undefined) - Number(a.login === undefined),
  ))
    await oneAtATime(store, profile.name, () => store.saveProfile(profile, {}));
  const missing = read.flatMap(neededBy);
  output.data({ imported: profiles.map(({ name }) => name), missing });
  for (const { profile, leftOut } of read) {
    const { name, server, headers = [] } = profile;
    output.print(`imported @${name} for ${withoutUrlSecrets(server)}`);
    if (leftOut !== undefined)
      output.warn(`@${name} comes without ${leftOut}, which import takes from no file`);
    const variables = headers.flatMap(([, value]) => variablesIn(value));
    if (variables.length > 0)
      output.warn(
        `@${name} sends ${variables.join(", ")} of the environment to ${withoutUrlSecrets(server)}`,
      );
  }
  if (missing.length === 0) return;
  output.print(
    `\nsecrets are not in the file; to give them:\n${missing.map((one) => `  ${one.command}`).join("\n")}`,
  );
}

async function fileText(cwd: string, file: string): Promise<string> {
  try {
    return textOf((await readRegularFile(resolve(cwd, file), { maxBytes: MAX_BYTES, pipes: true })).bytes);
  } catch (error) {
    throw wrongUsage(
      `cannot read ${showControls(file)}: ${reasonOf(error)}`,
      "check the path and its permissions",
    );
  }
}

/** @throws M2mcpError (exit 1) naming the profiles that are there already, so that nothing is lost by mistake */
async function requireFree(store: Store, profiles: readonly Profile[]): Promise<void> {
  const taken: string[] = [];
  // One that cannot be read is there as well.
  for (const { name } of profiles)
    if (await store.readProfile(name).catch(() => true)) taken.push(`@${name}`);
  if (taken.length > 0)
    throw wrongUsage(
      `${taken.join(", ")} ${taken.length === 1 ? "is" : "are"} there already; nothing was imported`,
      "--force replaces them, their secrets too; m2mcp logout removes one",
    );
}

/** What a profile still needs, and how it is given: one command, since what proves a client goes together. */
function neededBy({ profile: { name }, missing }: Exported) {
  if (missing.length === 0) return [];
  const how = missing.map((setting) => HOW_GIVEN[setting] ?? `${setting}=`);
  return [{ profile: name, settings: missing, command: `m2mcp config @${name} ${how.join(" ")}` }];
}
