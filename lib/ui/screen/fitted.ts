import { textWidth } from "../../platform/text-width.ts";
import type { Screen } from "./screen.ts";
import type { Shown } from "./style.ts";
import { wrapped } from "./wrapped.ts";

/** Blanks before what goes on below, beyond those of its line. */
const DEEPER = 4;

/** Lines of which none is broader than the screen: what is too long goes on below, a little further in. */
export function fitted(text: Shown, { columns }: Screen): Shown {
  if (columns === undefined) return text;
  const fit = (line: Shown): Shown => {
    if (textWidth(line) <= columns) return line;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const within = columns - indent - DEEPER;
    // Where nothing fits beside the blanks, none are kept.
    if (within < 2 * DEEPER) return wrapped(line, columns, 0);
    return `${" ".repeat(indent)}${wrapped(line.slice(indent) as Shown, within, indent + DEEPER)}` as Shown;
  };
  return (text.split("\n") as Shown[]).map(fit).join("\n") as Shown;
}
