import type { Command } from "../../command-line/command.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import { itemsOf } from "../../hosts/listing.ts";
import type { McpClient } from "../../hosts/one-off.ts";
import type { JsonObject } from "../../json.ts";
import { createSemaphore } from "../../timing/semaphore.ts";
import { failureJson } from "../../ui/failure-json.ts";
import { isMatch, KINDS, type Kind, type Match, matchRow } from "../../ui/lists/matches.ts";
import { rowsShown } from "../../ui/screen/rows.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { isFresh } from "../catalogue/kept-list.ts";
import { someUnreached } from "../errors.ts";
import { tellUnreadable } from "../profiles/unreadable.ts";
import type { Profile } from "../target/saved.ts";
import { storeOf } from "../target/store.ts";
import { resolveTarget } from "../target/target.ts";
import { withTarget } from "../with-client.ts";

/** Servers that are asked at once. */
const AT_ONCE = 4;

/** A server that could not be asked. */
interface Unreached {
  target: string;
  error: M2mcpError;
}

/** `m2mcp grep WORD [@svc…]`: what has the word, of all saved servers or of those that are named. */
export async function run(command: Command): Promise<M2mcpError | undefined> {
  const { output } = command;
  const isTarget = (text: string) => text.startsWith("@") || text.includes("://");
  const [word, more] = command.positionals.filter((text) => !isTarget(text));
  if (word === undefined || word === "") throw wrongUsage("grep needs a word", "m2mcp grep WORD [@svc…]");
  if (more !== undefined) throw wrongUsage("grep takes one word", "quote a phrase; targets are written @svc");
  const named = command.positionals.filter(isTarget);
  const { targets, unreadable } =
    named.length > 0 ? { targets: [...new Set(named)], unreadable: [] } : await savedTargets(command);
  const permits = createSemaphore(AT_ONCE);
  const asked = await Promise.all(
    targets.map(async (target) => {
      const release = await permits.acquire();
      return ask(command, target, word)
        .catch((error: unknown) => unreached(target, error))
        .finally(release);
    }),
  );
  const matches = asked.flatMap((one) => ("error" in one ? [] : one));
  const failed = asked.flatMap((one) => ("error" in one ? [one] : []));
  output.data({
    matches,
    failed: failed.map(({ target, error }) => ({ target, ...failureJson(error) })),
  });
  if (!output.json && matches.length > 0)
    output.show(
      rowsShown(
        matches.map((match) => matchRow(match, word)),
        output.screen.out,
      ),
    );
  // Of the only one that was asked it is the command's own failure.
  if (targets.length > 1) for (const { target, error } of failed) output.warn(`${target}: ${error.message}`);
  const unread = tellUnreadable(output, unreadable);
  if (targets.length === 0 && !unread)
    output.note(`no profiles in ${storeOf(command).folder} yet: m2mcp login <server> makes one`);
  else if (matches.length === 0 && failed.length < targets.length) output.note("nothing has it");
  const [first] = failed;
  return first ? someUnreached(failed.length, targets.length, first.error) : unread;
}

function unreached(target: string, error: unknown): Unreached {
  if (error instanceof M2mcpError) return { target, error };
  throw error;
}

/** Saved connections, each server with each login once, and what could not be read. */
async function savedTargets(command: Command) {
  const { profiles, unreadable } = await storeOf(command).listProfiles();
  const seen = new Map<string, string>();
  const account = ({ server, login, credentials, name, headers }: Profile) =>
    JSON.stringify([server, login ?? (credentials ? name : null), headers]);
  for (const profile of profiles)
    if (!seen.has(account(profile))) seen.set(account(profile), `@${profile.name}`);
  return { targets: [...seen.values()], unreadable };
}

async function ask(command: Command, target: string, word: string): Promise<Match[]> {
  return withTarget(command, await resolveTarget(command, target), async (client, catalogue) => {
    const matches: Match[] = [];
    for (const kind of Object.keys(KINDS) as Kind[])
      for (const item of await items(command, client, catalogue, kind))
        if (isMatch(item, word)) matches.push({ target, kind, item });
    return matches;
  });
}

/** What a server lists of one kind: as it was seen lately, or as it says now. */
async function items(
  { output, io }: Command,
  client: McpClient,
  catalogue: Catalogue,
  kind: Kind,
): Promise<JsonObject[]> {
  const { method, key } = KINDS[kind];
  // For programs whole, and of that a part is kept.
  if ((key === "tools" || key === "prompts") && !output.json) {
    const kept = (await catalogue.read())[key];
    if (kept && isFresh(kept, io.now())) return kept.items;
  }
  try {
    return itemsOf(await client.listing(method, key, { spelled: output.json }), key);
  } catch (error) {
    // A server that has none of a kind need not know how to list it.
    if (error instanceof M2mcpError && error.answered) return [];
    throw error;
  }
}
