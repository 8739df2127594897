import { wrapText } from "../../platform/text-width.ts";
import type { Shown } from "./style.ts";

/**
 * A line as several, none broader than that; words that are too long are broken. Marks end with each line and begin
 * again on the next.
 *
 * @param indent blanks before each but the first, beyond those columns
 */
export const wrapped = (line: Shown, columns: number, indent: number): Shown =>
  wrapText(line, Math.max(columns, 1), { hard: true }).replaceAll("\n", `\n${" ".repeat(indent)}`) as Shown;
