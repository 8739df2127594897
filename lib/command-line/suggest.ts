/** Longest word that is looked at, in characters: comparing takes time and memory by both lengths, and names are a server's. */
const LONGEST = 200;
/** Fewest letters of a beginning that says anything. */
const LEAST_BEGINNING = 2;

/**
 * The word that a mistyped one was most likely meant to be: one that the table knows, else the one with the fewest
 * letters changed (at most a third of them), else one that begins so, else one that has all its parts in
 * any order (`list-tools` for `tools-list`); undefined when none is that close.
 *
 * @param table what others call the words
 */
export function suggest<Word extends string>(
  typed: string,
  words: readonly Word[],
  table: Readonly<Record<string, string>> = {},
): Word | undefined {
  if (typed.length > LONGEST || typed === "") return undefined;
  const known = words.filter((word) => word.length <= LONGEST);
  const meant = Object.hasOwn(table, typed) ? table[typed] : undefined;
  return (
    known.find((word) => word === meant) ??
    byLetters(typed.toLowerCase(), known) ??
    byBeginning(typed.toLowerCase(), known) ??
    byParts(typed, known)
  );
}

/** Whether a typed word is as good as one of these: near enough that it can be repeated, and holds nothing else. */
export const isNear = (typed: string, words: readonly string[]): boolean =>
  typed.length <= LONGEST && byLetters(typed.toLowerCase(), words) !== undefined;

function byLetters<Word extends string>(typed: string, words: readonly Word[]): Word | undefined {
  let best: Word | undefined;
  // Of a single letter nothing would be left.
  let bestDistance = Math.max(typed.length > 1 ? 1 : 0, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    if (word.length > LONGEST) continue;
    const far = distance(typed, word.toLowerCase());
    if (far < bestDistance) {
      best = word;
      bestDistance = far;
    }
  }
  return best;
}

const byBeginning = <Word extends string>(typed: string, words: readonly Word[]): Word | undefined =>
  typed.length < LEAST_BEGINNING ? undefined : words.find((word) => word.toLowerCase().startsWith(typed));

function byParts<Word extends string>(typed: string, words: readonly Word[]): Word | undefined {
  const wanted = partsOf(typed);
  let best: Word | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const word of words) {
    const parts = partsOf(word);
    if (wanted.length === 0 || parts.length >= fewest) continue;
    if (!wanted.every((part) => parts.includes(part))) continue;
    best = word;
    fewest = parts.length;
  }
  return best;
}

/**
 * The word that has the same parts, at least two, in whatever order: `tools-list` for `list tools`.
 *
 * @param others what else a part may stand for
 */
export function withSameParts<Word extends string>(
  typed: string,
  words: readonly Word[],
  others: Readonly<Record<string, readonly string[]>>,
): Word | undefined {
  const parts = partsOf(typed);
  const readings = parts.flatMap((part, at) =>
    (Object.hasOwn(others, part) ? (others[part] ?? []) : []).map((other) => parts.with(at, other)),
  );
  const key = (of: string[]) => of.toSorted().join(" ");
  for (const reading of [parts, ...readings]) {
    const found = words.find((word) => reading.length > 1 && key(partsOf(word)) === key(reading));
    if (found) return found;
  }
  return undefined;
}

/** The parts of a name however it is written, in the singular: `listTools`, `list_tools` and `tools-list` have the same. */
const partsOf = (name: string): string[] =>
  name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .flatMap((part) => (part.length < LEAST_BEGINNING ? [] : [part.replace(/s$/, "")]));

/** Letters changed, added, left out, or changed for the one beside them (Damerau and Levenshtein, each letter once). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
