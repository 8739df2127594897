import { createScanner } from "jsonc-parser";

/** The scanner's kinds; its own enum is gone when it runs. */
const KIND = { comma: 5, lineComment: 12, blockComment: 13, lineBreak: 14, end: 17 } as const;

/** What stands between a member and the next one, or the brace. */
export interface Trivia {
  /** Where its comma is; undefined where there is none. */
  comma: number | undefined;
  /** Where the member's own line ends: its comma and what is said of it there included. */
  endOfOwnLine: number;
}

/** Reads on from the end of a member. @param to where the brace is, or the next member */
export function commentsFrom(text: string, from: number, to: number): Trivia {
  const scanner = createScanner(text.slice(0, to), false);
  scanner.setPosition(from);
  let comma: number | undefined;
  let endOfOwnLine = from;
  let isOwnLine = true;
  for (let kind: number = scanner.scan(); kind !== KIND.end; kind = scanner.scan()) {
    const at = scanner.getTokenOffset();
    if (kind === KIND.lineBreak) isOwnLine = false;
    if (kind === KIND.comma) {
      comma = at;
      // A comma on a line of its own begins the line that counts.
      isOwnLine = true;
    }
    const isComment = kind === KIND.lineComment || kind === KIND.blockComment;
    if (kind === KIND.comma || (isComment && isOwnLine)) endOfOwnLine = at + scanner.getTokenLength();
  }
  return { comma, endOfOwnLine };
}
