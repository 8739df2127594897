import { OPTIONS, type OptionName, spelled } from "../options.ts";
import type { HelpPage } from "../topic-names.ts";
import type { VerbSpec } from "../verbs/verb-spec.ts";
import { VERSION } from "../version.ts";
import { type Part, type Section, wrapped } from "./layout.ts";
import { GROUPED } from "./overview.ts";
import { PAGES } from "./topics.ts";
import { isOwn } from "./verb-help.ts";

/** The manual in roff, `man(7)`: what the help says, in one document. */
export function manPage(): string {
  return [
    `.TH M2MCP 1 ${WRITTEN} "m2mcp ${VERSION}" "User Commands"`,
    ".SH NAME",
    roff("m2mcp - use a protected remote MCP server with no human present"),
    ".SH SYNOPSIS",
    ...["m2mcp <command> [options]", "m2mcp <target> [<command> ...]"].flatMap((line) => [
      ".nf",
      roff(line),
      ".fi",
    ]),
    ".SH DESCRIPTION",
    ...prose(
      "<target> is @name, a saved connection, or the URL of a server. Alone it is shown at a terminal; in a pipe it is a bridge between stdio and the server, for MCP hosts.",
    ),
    ".SH COMMANDS",
    ...GROUPED.flatMap(({ title, verbs }) => [`.SS ${roff(title)}`, ...verbs.flatMap(verbEntry)]),
    ...(Object.keys(TITLES) as (keyof typeof TITLES)[]).flatMap((topic) => [
      `.SH ${TITLES[topic]}`,
      ...PAGES[topic]().flatMap((section, index) => sectionLines(section, index)),
    ]),
    "",
  ].join("\n");
}

/** The day of this text, which readers of manuals look for. */
const WRITTEN = "2026-11-26";
/** Of the lines of the source; what is escaped makes some longer. */
const SOURCE_COLUMNS = 72;

/** Pages that are no list of what stands in the manual already. */
const TITLES: Readonly<Record<Exclude<HelpPage, "commands">, string>> = {
  credentials: "CREDENTIALS",
  options: "OPTIONS",
  environment: "ENVIRONMENT",
  "exit-codes": "EXIT STATUS",
  json: "JSON OUTPUT",
};

function verbEntry(verb: VerbSpec): string[] {
  const own = verb.options.filter((name) => isOwn(verb, name));
  return [
    ".TP",
    `\\fB${roff(`m2mcp ${verb.name}`)}\\fR ${roff(verb.arguments)}`.trimEnd(),
    ...prose(`${verb.about}.`),
    ...own.flatMap((name) => optionEntry(name, verb.meanings?.[name]?.about ?? OPTIONS[name].about)),
    ".IP",
    ".EX",
    ...verb.examples.map(roff),
    ".EE",
  ];
}

const optionEntry = (name: OptionName, about: string): string[] => [
  ".RS",
  ".TP",
  `\\fB${roff(spelled(name))}\\fR`,
  ...prose(about),
  ".RE",
];

function sectionLines({ title, parts }: Section, index: number): string[] {
  return [
    ...(title === undefined ? (index === 0 ? [] : [".PP"]) : [`.SS ${roff(title)}`]),
    ...parts.flatMap(partLines),
  ];
}

function partLines(part: Part): string[] {
  if ("text" in part) return part.text === "" ? [] : prose(part.text);
  if ("commands" in part) return [".EX", ...part.commands.map(roff), ".EE"];
  return part.rows.flatMap(([term, about]) => [".TP", `\\fB${roff(term)}\\fR`, ...prose(about)]);
}

/** Lines are joined again where they are shown. */
const prose = (text: string): string[] => wrapped(text, SOURCE_COLUMNS).map(roff);

/** Text as roff takes it as text. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("\u00a0", "\\ ")
    .replaceAll("—", "\\(em")
    .replaceAll("…", "...")
    .replaceAll("⇄", "<\\->")
    .replace(/^(?=\.)/, "\\&");
