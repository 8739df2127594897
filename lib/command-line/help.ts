import { type CAC, cac } from "cac";
import { table } from "../ui/table.ts";
import {
  CONNECTION_OPTIONS,
  CREDENTIAL_OPTIONS,
  OPTIONS,
  type OptionName,
  spelled,
  variableOf,
} from "./options.ts";
import type { VerbSpec } from "./verbs/verb-spec.ts";
import { VERBS } from "./verbs.ts";

/**
 * The help of one verb, or of the whole program.
 *
 * @param columns of the terminal, to which lines are fitted; undefined where it is none
 */
export async function helpText(verb: string | null, columns: number | undefined): Promise<string> {
  const shown = VERBS.find(({ name }) => name === verb);
  const sections = shown ? verbHelp(shown) : overview();
  const registry = createRegistry(shown, columns === undefined ? sections : await fitted(sections, columns));
  const command = registry.commands.find(({ name }) => name === verb) ?? registry.globalCommand;
  return printed(() => command.outputHelp());
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

/**
 * The registry of verbs: cac knows their names and arguments, of the one shown its options and examples too, and makes
 * the help. It does not parse: a client id of 0123 would become 123, a secret of 1e5 100000.
 */
function createRegistry(shown: VerbSpec | undefined, sections: Section[]): CAC {
  const registry = cac("m2mcp");
  registry.help(() => sections);
  for (const verb of VERBS) {
    const command = registry.command(`${verb.name} ${verb.arguments}`.trim(), verb.about);
    if (verb !== shown) continue;
    for (const name of verb.options) {
      const { value, about } = OPTIONS[name];
      command.option(value ? `--${name} <${value}>` : `--${name}`, about);
    }
    for (const example of verb.examples) command.example(example);
  }
  return registry;
}

interface Section {
  title?: string;
  body: string;
  /** Lines to be copied stay whole. */
  whole?: true;
}

/** Loaded at a terminal alone: scripts that read help need no more than its lines. */
async function fitted(sections: Section[], columns: number): Promise<Section[]> {
  const { wrapLines } = await import("../ui/wrap.ts");
  return sections.map((section) =>
    section.whole ? section : { ...section, body: wrapLines(section.body, columns) },
  );
}

const indented = (text: string) => text.replace(/^(?=.)/gm, "  ");

function overview(): Section[] {
  return [
    { body: "m2mcp — use a protected remote MCP server with no human present" },
    {
      title: "Usage",
      body: indented(
        table([
          ["m2mcp <command> [options]", ""],
          ["m2mcp <target>", "bridge stdio to the server; at a terminal, show it"],
          ["m2mcp <target> <command> …", "the same as m2mcp <command> <target> …"],
        ]),
      ),
    },
    {
      body: indented("<target> is @name, a saved connection, or the URL of a server"),
    },
    {
      title: "Commands",
      body: indented(table(VERBS.map((verb) => [verb.name, verb.arguments, verb.about]))),
    },
    {
      title: "Start",
      whole: true,
      body: indented(
        [
          "m2mcp login https://mcp.example.com/mcp --client-id ID --client-secret SECRET",
          "m2mcp connect https://mcp.example.com/mcp @svc",
          "m2mcp @svc tools-list",
        ].join("\n"),
      ),
    },
    {
      title: "Exit codes",
      body: indented(
        [
          "0 done, 1 wrong usage, 2 the server or tool answered with an error,",
          "3 network or timeout, 4 not authorized, 5 the store",
        ].join("\n"),
      ),
    },
    {
      body: [
        "m2mcp <command> --help shows a command's options and the variable that stands for each",
        "m2mcp --licenses shows the notices of what m2mcp is made of",
      ].join("\n"),
    },
  ];
}

function verbHelp(verb: VerbSpec): Section[] {
  const rows = (names: readonly OptionName[]) =>
    indented(
      table(
        names.map((name) => {
          const { about, repeat } = OPTIONS[name];
          const variable = variableOf(name);
          const notes = `${repeat ? "; may be repeated" : ""}${variable ? ` [${variable}]` : ""}`;
          return [spelled(name), `${about}${notes}`];
        }),
      ),
    );
  const groups: [string, readonly OptionName[]][] = [
    ["Credentials", CREDENTIAL_OPTIONS],
    ["Connection", CONNECTION_OPTIONS],
  ];
  const grouped = groups.flatMap(([, names]) => names);
  const sections: Section[] = [
    { body: verb.about },
    { title: "Usage", body: indented(`m2mcp ${verb.name} ${verb.arguments}`.trim().concat(" [options]")) },
  ];
  for (const [title, names] of groups) {
    const own = names.filter((name) => verb.options.includes(name));
    if (own.length > 0) sections.push({ title, body: rows(own) });
  }
  sections.push(
    { title: "Options", body: rows(verb.options.filter((name) => !grouped.includes(name))) },
    {
      title: verb.examples.length > 1 ? "Examples" : "Example",
      body: indented(verb.examples.join("\n")),
      whole: true,
    },
  );
  if (verb.options.includes("store"))
    sections.push({
      title: "Variables",
      body: indented(
        [
          "Each option's variable stands in [brackets]; a flag beats it. M2MCP_PASSPHRASE opens the store where its",
          `key comes from a passphrase.${verb.name === "store" ? " M2MCP_NEW_PASSPHRASE is the one to change to; else it is asked for." : ""}`,
        ].join("\n"),
      ),
    });
  return sections;
}
