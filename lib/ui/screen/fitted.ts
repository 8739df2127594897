import { textWidth } from "../../platform/text-width.ts";
import type { Screen } from "./screen.ts";
import type { Shown } from "./style.ts";
import { wrapped } from "./wrapped.ts";

/** Of a line that is a thing of its own, such as a record. */
const DEEPER = 4;

/**
 * Lines of which none is broader than the screen: what is too long goes on below.
 *
 * @param deeper blanks by which it does so further in than it began
 */
export function fitted(text: Shown, { columns }: Screen, deeper = DEEPER): Shown {
  if (columns === undefined) return text;
  const fit = (line: Shown): Shown => {
    if (textWidth(line) <= columns) return line;
    const indent = /^ */.exec(line)?.[0].length ?? 0;
    const within = columns - indent - deeper;
    // Where nothing fits beside the blanks, none are kept.
    if (within < 2 * DEEPER) return wrapped(line, columns, 0);
    return `${" ".repeat(indent)}${wrapped(line.slice(indent) as Shown, within, indent + deeper)}` as Shown;
  };
  // How far a tab goes depends on where it begins.
  return (text.replaceAll("\t", "    ").split("\n") as Shown[]).map(fit).join("\n") as Shown;
}
