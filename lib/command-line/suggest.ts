/** Longest word that is looked at, in characters: comparing takes time and memory by both lengths, and names are a server's. */
const LONGEST = 200;

/**
 * The word that a mistyped one was most likely meant to be: fewest letters changed (Levenshtein), at most a
 * third of them; undefined when none is that close.
 */
export function suggest<Word extends string>(typed: string, words: readonly Word[]): Word | undefined {
  if (typed.length > LONGEST) return undefined;
  let best: Word | undefined;
  let bestDistance = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    if (word.length > LONGEST) continue;
    const far = distance(typed.toLowerCase(), word.toLowerCase());
    if (far < bestDistance) {
      best = word;
      bestDistance = far;
    }
  }
  return best;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
