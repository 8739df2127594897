import { isObject, type JsonObject, objectOf, stringOf } from "../../json.ts";
import { textWidth } from "../../platform/text-width.ts";
import { type Property, propertiesOf } from "../../schema/properties.ts";
import type { Screen } from "../screen/screen.ts";
import { marked, type Shown, shown, shownLines } from "../screen/style.ts";
import { effectOf, effectWords } from "./effects.ts";
import { sections } from "./sections.ts";

/**
 * One tool, for people: what it does, also to the world, what it takes and gives, and a call to begin with.
 *
 * @param example the words of a command to be copied, quoted for a shell
 * @param goesOn what says at a line's end that the command goes on
 */
export function toolShown(
  tool: JsonObject,
  screen: Screen,
  example: readonly string[] | undefined,
  goesOn = "\\",
): Shown {
  const takes = propertiesOf(tool.inputSchema);
  const gives = isObject(tool.outputSchema) ? propertiesOf(tool.outputSchema) : [];
  const title = stringOf(tool.title) || stringOf(objectOf(tool.annotations).title);
  const head = [shown(stringOf(tool.name), screen, "name"), ...(title ? [shown(` — ${title}`, screen)] : [])];
  const { role } = effectOf(tool);
  return sections(
    [
      { lines: [head.join("") as Shown, shownLines(stringOf(tool.description).trim())] },
      { lines: effectWords(tool).map((words, at) => marked(words, screen, at === 0 ? role : undefined)) },
      takes.length > 0
        ? {
            title: "Arguments",
            rows: takes.map((property) => rowOf(property, property.required ? "required" : "")),
          }
        : { lines: ["No arguments" as Shown] },
      {
        title: "Gives",
        rows: gives.map((property) => rowOf(property, property.required ? "" : "may be absent")),
      },
      { title: "Example", lines: example ? commandLines(example, screen, goesOn) : [], isWhole: true },
    ],
    screen,
  );
}

/** A command on one line, or where the screen is narrower on several that a shell takes for one. */
function commandLines(
  words: readonly string[],
  { columns = Number.POSITIVE_INFINITY }: Screen,
  goesOn: string,
): Shown[] {
  const lines: string[] = [];
  let line = " ";
  for (const word of words) {
    // Room is left for the mark that it goes on.
    if (textWidth(line) + 1 + textWidth(word) + 2 > columns && line.trim() !== "") {
      lines.push(`${line} ${goesOn}`);
      line = "   ";
    }
    line = `${line} ${word}`;
  }
  return [...lines, line] as Shown[];
}

const rowOf = ({ path, type, description, constraints }: Property, mark: string) => ({
  name: path,
  type: [type, mark].filter((word) => word !== "").join(", "),
  // Its own lines, and what we say of it below.
  text: [
    ...description
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ""),
    ...(constraints.length > 0 ? [{ text: constraints.join("; "), role: "muted" as const }] : []),
  ],
});
