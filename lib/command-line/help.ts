import { type CAC, cac } from "cac";
import { pasteable } from "../platform/windows/pasteable.ts";
import { type LaidOut, layOut, type Section } from "./help/layout.ts";
import { overview } from "./help/overview.ts";
import { verbHelp } from "./help/verb-help.ts";
import { isPage } from "./topic-names.ts";
import { VERBS } from "./verbs.ts";

/**
 * The help of one verb, a page of help, or the overview.
 *
 * @param asked name of a verb or a page; null for the overview
 * @param columns of the terminal, to which lines are fitted; undefined where it is none
 */
export async function helpText(asked: string | null, columns: number | undefined): Promise<string> {
  if (asked === "man") return (await import("./help/man-page.ts")).manPage();
  const registry = createRegistry(layOut(await sectionsOf(asked), columns));
  const command = registry.commands.find(({ name }) => name === asked) ?? registry.globalCommand;
  return pasteable(printed(() => command.outputHelp()));
}

async function sectionsOf(asked: string | null): Promise<Section[]> {
  const verb = VERBS.find(({ name }) => name === asked);
  if (verb) return verbHelp(verb);
  return isPage(asked) ? (await import("./help/topics.ts")).PAGES[asked]() : overview();
}

/**
 * The registry of verbs: cac knows their names and arguments, and prints the help. It does not parse: a client id of
 * 0123 would become 123, a secret of 1e5 100000.
 */
function createRegistry(sections: LaidOut[]): CAC {
  const registry = cac("m2mcp");
  registry.help(() => sections);
  for (const verb of VERBS) registry.command(`${verb.name} ${verb.arguments}`.trim(), verb.about);
  return registry;
}

/** cac writes to the console, where nobody hears of a disk that is full: what it writes goes the way of all results. */
function printed(print: () => void): string {
  const { info } = console;
  let text = "";
  console.info = (line: string) => {
    text += `${line}\n`;
  };
  try {
    print();
  } finally {
    console.info = info;
  }
  return text;
}
