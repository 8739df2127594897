import type { VerbSpec } from "../verbs/verb-spec.ts";
import {
  type Candidate,
  type Completion,
  type Known,
  type KnownItem,
  profileCandidates,
} from "./candidate.ts";
import { SHELLS } from "./shells.ts";

/** Words that a place takes, where it is no name of anybody's. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "store [action]": ["move", "passphrase"],
  "completion <shell>": SHELLS,
};

/** What may stand at the next place of a verb's arguments. @param given those before it, the target first */
export async function placeCandidates(
  verb: VerbSpec,
  given: readonly string[],
  current: string,
  known: Known,
): Promise<Completion> {
  const places = verb.arguments.match(/<[^>]+>|\[[^\]]+\]/g) ?? [];
  const last = places.at(-1) ?? "";
  const place = places[given.length] ?? (last.includes("...") ? last : "");
  const words = WORDS[`${verb.name} ${place}`];
  if (words) return { candidates: words.map((value) => ({ value, about: "" })) };
  if (/target|@/.test(place)) return { candidates: await profileCandidates(known) };
  if (/file|path|dir/i.test(place)) return { candidates: [], files: true };
  const [target = "", name = ""] = given;
  const items = await itemsOf(verb, target, known);
  if (place === "<name>")
    return { candidates: items.map((item) => ({ value: item.name, about: item.about })) };
  const item = items.find((one) => one.name === name);
  if (!item || !/argument/.test(place)) return { candidates: [] };
  return { candidates: argumentCandidates(item, given.slice(2), current) };
}

async function itemsOf(verb: VerbSpec, target: string, known: Known): Promise<KnownItem[]> {
  if (target === "") return [];
  const [, noun] = /^(tools|prompts)-/.exec(verb.name === "complete" ? "prompts-" : verb.name) ?? [];
  if (noun === undefined) return [];
  return (await known.catalogue(target))[noun === "tools" ? "tools" : "prompts"];
}

/** Arguments that are not given yet, the required ones first; behind an equals sign the values of one. */
function argumentCandidates(item: KnownItem, given: readonly string[], current: string): Candidate[] {
  const equals = current.indexOf("=");
  if (equals > 0) {
    const name = current.slice(0, equals).replace(/:$/, "");
    const { choices = [] } = item.arguments.find((one) => one.name === name) ?? {};
    return choices.map((choice) => ({ value: `${name}=${choice}`, about: "" }));
  }
  const used = new Set(given.map((pair) => pair.slice(0, pair.indexOf("=")).replace(/:$/, "")));
  return item.arguments
    .filter(({ name }) => !used.has(name))
    .toSorted((a, b) => Number(b.required) - Number(a.required))
    .map(({ name, required, type }) => ({ value: `${name}=`, about: required ? type : `${type}, optional` }));
}
