import { visit } from "jsonc-parser";

/** JSON with remarks, and commas before a closing bracket, as JSON: each place stays where it was. */
export function plainJson(text: string): string {
  const left: [from: number, length: number][] = [];
  /** A comma that nothing has followed yet. */
  let comma: number | undefined;
  const follows = () => {
    comma = undefined;
  };
  const closes = () => {
    if (comma !== undefined) left.push([comma, 1]);
    comma = undefined;
  };
  visit(text, {
    onComment: (offset, length) => void left.push([offset, length]),
    onSeparator(character, offset) {
      comma = character === "," ? offset : undefined;
    },
    onObjectProperty: follows,
    onObjectBegin: follows,
    onArrayBegin: follows,
    onLiteralValue: follows,
    onObjectEnd: closes,
    onArrayEnd: closes,
  });
  let plain = "";
  let at = 0;
  for (const [from, length] of left.sort(([a], [b]) => a - b)) {
    plain += text.slice(at, from) + text.slice(from, from + length).replace(/[^\n\r]/g, " ");
    at = from + length;
  }
  return plain + text.slice(at);
}
