import { placesOf, type VerbSpec } from "../verbs/verb-spec.ts";
import {
  type Candidate,
  type Completion,
  type Known,
  type KnownItem,
  profileCandidates,
} from "./candidate.ts";
import type { Typed } from "./line-so-far.ts";
import { SHELLS } from "./shells.ts";

/** Words that a place takes, where it is no name of anybody's. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  "store [action]": ["move", "passphrase"],
  "completion <shell>": SHELLS,
  "pins <action>": ["list", "show", "approve", "reset"],
};

/** What may stand at the next place of a verb's arguments. */
export async function placeCandidates(
  verb: VerbSpec,
  { before, positionals }: Pick<Typed, "before" | "positionals">,
  current: string,
  known: Known,
): Promise<Completion> {
  const all = placesOf(verb);
  const at = all.findIndex(isTarget);
  const places = before === undefined ? all : all.toSpliced(at, 1);
  const last = places.at(-1) ?? "";
  const place = places[positionals.length] ?? (last.includes("...") ? last : "");
  const words = WORDS[`${verb.name} ${place}`];
  if (words) return { candidates: words.map((value) => ({ value, about: "" })) };
  const files = /file|path|dir/i.test(place) ? { files: true as const } : {};
  if (/target|@|names/.test(place)) return { candidates: await profileCandidates(known), ...files };
  if (files.files) return { candidates: [], ...files };
  const items = await itemsOf(verb, before ?? positionals[at], known);
  if (place === "<name>" || place === "[...tools]") return { candidates: items.map(named) };
  const name = places.indexOf("<name>");
  const item = items.find((one) => one.name === positionals[name]);
  if (!item || !/argument/.test(place)) return { candidates: [] };
  return { candidates: argumentCandidates(item, positionals.slice(name + 1), current) };
}

/** Whether a place of a verb's arguments takes a server or a profile. */
export const isTarget = (place: string): boolean => /target|server|@/.test(place);

const named = ({ name, about }: KnownItem): Candidate => ({ value: name, about });

/** Verbs that are about tools or prompts, beside those called after them. */
const ABOUT: Readonly<Record<string, "tools" | "prompts">> = { complete: "prompts", pins: "tools" };

async function itemsOf(verb: VerbSpec, target: string | undefined, known: Known): Promise<KnownItem[]> {
  const kind = ABOUT[verb.name] ?? /^(tools|prompts)(?=-)/.exec(verb.name)?.[0];
  if (target === undefined || kind === undefined) return [];
  return (await known.catalogue(target))[kind === "tools" ? "tools" : "prompts"];
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
