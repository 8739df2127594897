import { suggest } from "../../command-line/suggest.ts";
import { VERBS } from "../../command-line/verbs.ts";
import { M2mcpError, wrongUsage } from "../../failure.ts";
import type { IO } from "../../ui/io.ts";
import { openProfileStore } from "./saved.ts";

/**
 * What is said of a word in a command's place that is none: where a connection is saved under it, its `@` was forgotten
 * (`svc tools-list`). Names are read without the store's key; a word that is near none is not repeated.
 *
 * @param error what was to be said; comes back where no name is near
 * @param words the positionals
 */
export async function forgottenAt(error: unknown, words: readonly string[], io: IO): Promise<unknown> {
  const [first = "", second = ""] = words;
  if (!(error instanceof M2mcpError) || !/^\w[\w.-]{0,63}$/.test(first)) return error;
  const store = openProfileStore({ env: io.env, warn() {} });
  const names = await store.profileNames().catch((): string[] => []);
  const near = names.includes(first.toLowerCase()) ? first.toLowerCase() : suggest(first, names);
  if (near === undefined) return error;
  const verb = VERBS.some(({ name }) => name === second) ? ` ${second}` : "";
  return wrongUsage(error.message, `did you mean @${near}${verb}`);
}
