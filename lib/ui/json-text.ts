import { isContainer, isDeeper, type JsonObject } from "../json.ts";

/** Levels up to which JSON is indented, and up to which the runtime's own writer is trusted not to run out of stack. */
const DEEPEST = 200;
/** Text is put together in pieces of about so many characters. */
const PIECE = 64 * 1024;

/**
 * A value of JSON as text. What is nested deeper than anybody means stands on one line: blanks before each line would
 * grow with the square of the depth.
 *
 * @param indent blanks a level; 0 for one line
 */
export const jsonText = (value: unknown, indent = 0): string =>
  isDeeper(value, DEEPEST) ? onOneLine(value) : (JSON.stringify(value, null, indent) ?? "null");

/** A list or an object of which some members are written. */
interface Begun {
  container: object;
  /** Of an object. */
  keys: string[] | undefined;
  written: number;
}

/** JSON without recursion, which a stranger's nesting would end. */
function onOneLine(root: unknown): string {
  const pieces: string[] = [];
  const begun: Begun[] = [];
  let piece = "";
  const write = (text: string) => {
    piece += text;
    if (piece.length < PIECE) return;
    pieces.push(piece);
    piece = "";
  };
  const begin = (value: unknown) => {
    if (!isContainer(value)) return write(JSON.stringify(value) ?? "null");
    const keys = Array.isArray(value)
      ? undefined
      : Object.keys(value).filter((key) => (value as JsonObject)[key] !== undefined);
    write(keys ? "{" : "[");
    begun.push({ container: value, keys, written: 0 });
  };
  begin(root);
  for (let last = begun.at(-1); last; last = begun.at(-1)) {
    const { container, keys, written } = last;
    if (written === (keys ?? (container as unknown[])).length) {
      write(keys ? "}" : "]");
      begun.pop();
      continue;
    }
    last.written++;
    if (written > 0) write(",");
    const key = keys?.[written];
    if (key === undefined) begin((container as unknown[])[written]);
    else {
      write(`${JSON.stringify(key)}:`);
      begin((container as JsonObject)[key]);
    }
  }
  pieces.push(piece);
  return pieces.join("");
}
