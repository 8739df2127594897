import { type CAC, cac } from "cac";
import { table } from "../ui/table.ts";
import { CONNECTION_OPTIONS, CREDENTIAL_OPTIONS, OPTIONS, type OptionName, variableOf } from "./options.ts";
import { VERBS, type VerbSpec } from "./verbs.ts";

/** The registry of verbs: cac knows their names, arguments, options and examples, and prints their help. */
export function createRegistry(version: string): CAC {
  const registry = cac("m2mcp");
  registry.version(version, "--version");
  let shown: VerbSpec | undefined;
  registry.help(() => (shown ? verbHelp(shown) : overview()));
  for (const verb of VERBS) {
    const command = registry.command(`${verb.name} ${verb.arguments}`.trim(), verb.about);
    for (const name of verb.options) {
      const { value, about } = OPTIONS[name];
      command.option(value ? `--${name} <${value}>` : `--${name}`, about);
    }
    for (const example of verb.examples) command.example(example);
    const print = command.outputHelp.bind(command);
    command.outputHelp = () => {
      shown = verb;
      print();
      shown = undefined;
    };
  }
  return registry;
}

/** Prints the help of one verb, or of the whole program, on stdout. */
export function printHelp(registry: CAC, verb: string | null): void {
  const command = registry.commands.find(({ name }) => name === verb);
  if (command) command.outputHelp();
  else registry.globalCommand.outputHelp();
}

interface Section {
  title?: string;
  body: string;
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
    { body: "m2mcp <command> --help shows a command's options and the variable that stands for each" },
  ];
}

function verbHelp(verb: VerbSpec): Section[] {
  const rows = (names: readonly OptionName[]) =>
    indented(
      table(
        names.map((name) => {
          const { value, about, repeat } = OPTIONS[name];
          const variable = variableOf(name);
          const notes = `${repeat ? "; may be repeated" : ""}${variable ? ` [${variable}]` : ""}`;
          return [value ? `--${name} ${value}` : `--${name}`, `${about}${notes}`];
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
    { title: verb.examples.length > 1 ? "Examples" : "Example", body: indented(verb.examples.join("\n")) },
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
