import { wrongUsage } from "../../failure.ts";
import { isUnexpanded } from "../../plain-text.ts";
import { inQuotes } from "../../platform/windows/pasteable.ts";
import { ACTION_WORDS, LISTING_WORDS, VERB_WORDS } from "../foreign-words.ts";
import { isNear, suggest, withSameParts } from "../suggest.ts";
import { HELP_TOPICS } from "../topic-names.ts";

/** Whether text names a server or a profile rather than a verb. */
const isTarget = (text: string): boolean =>
  text.startsWith("@") || text.includes("://") || isUnexpanded(text) || /^[\w.-]+(\.\w|:\d)/.test(text);

/**
 * Finds the verb in the positionals and brings its target behind it: `@svc tools-list` reads like
 * `tools-list @svc`, and a target alone is the bridge, or at a terminal what the server says of itself.
 *
 * @param atTerminal whether stdin is a terminal; asked only where it makes a difference
 * @returns verb null when there are no positionals at all
 * @throws M2mcpError (exit 1) on an unknown verb, with a suggestion
 */
export function chooseVerb(
  positionals: readonly string[],
  verbs: readonly string[],
  atTerminal: () => boolean,
): { verb: string | null; positionals: string[] } {
  const [first, second, ...rest] = positionals;
  if (first === undefined) return { verb: null, positionals: [] };
  if (verbs.includes(first)) return { verb: first, positionals: positionals.slice(1) };
  if (!isTarget(first)) throw unknownVerb([first, second], verbs, second !== undefined && isTarget(second));
  if (second === undefined) return { verb: atTerminal() ? "show" : "bridge", positionals: [first] };
  if (!verbs.includes(second)) throw unknownVerb([second, rest[0]], verbs, true);
  return { verb: second, positionals: [first, ...rest] };
}

/** @param typed the word in the command's place, and the one behind it: some write `tools list` */
function unknownVerb(
  [verb, next = ""]: [string, string | undefined],
  verbs: readonly string[],
  hasTarget: boolean,
) {
  if (hasTarget && verb.startsWith("@"))
    throw wrongUsage(
      "a command asks one server, and was given a second name",
      "m2mcp bridge and m2mcp serve make several servers one: m2mcp bridge @a @b",
    );
  if (verb === "help")
    throw wrongUsage("help stands first, or as --help", "m2mcp help <command>, or m2mcp <command> --help");
  const words = { ...VERB_WORDS, ...LISTING_WORDS[hasTarget ? "with target" : "alone"] };
  // `sign-in` and `SignIn` are `signin`.
  const joined = verb.replace(/[-_]/g, "").toLowerCase();
  const known = Object.hasOwn(words, joined) ? joined : verb;
  const near =
    withSameParts(`${verb} ${next}`, verbs, ACTION_WORDS) ??
    (HELP_TOPICS.includes(verb) ? `help ${verb}` : suggest(known, [...verbs, "help", "--version"], words));
  // A word that is near no command may be part of a secret that holds a space: it is not repeated.
  const isOurs = isNear(verb, [...verbs, ...HELP_TOPICS, ...Object.keys(words)]);
  const message = isOurs ? `unknown command ${verb}` : "unknown command";
  return near
    ? wrongUsage(message, `did you mean ${near}`)
    : wrongUsage(
        message,
        `m2mcp --help lists the commands; a server is written like mcp.example.com/mcp, a profile like @svc${inQuotes()}`,
      );
}
