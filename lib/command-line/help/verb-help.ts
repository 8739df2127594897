import { CONNECTION_OPTIONS, CREDENTIAL_OPTIONS, OPTIONS, type OptionName } from "../options.ts";
import type { VerbSpec } from "../verbs/verb-spec.ts";
import type { Part, Section } from "./layout.ts";
import { optionRows } from "./option-rows.ts";
import { meaningOf } from "./places.ts";

/** Options of the connection that a call may want, whatever is saved. */
const OFTEN: readonly OptionName[] = ["timeout"];
/** Options that stand for a verb of their own: the overview names them. */
const ELSEWHERE: readonly OptionName[] = ["help", "version", "licenses"];

/** Whether an option is one verb's, or means something else to it than to others. */
export const isOwn = ({ meanings = {} }: VerbSpec, name: OptionName): boolean =>
  OPTIONS[name].group === "own" || meanings[name] !== undefined;

/** The help of one verb: what it needs first, then what it may have, then where the rest is explained. */
export function verbHelp(verb: VerbSpec): Section[] {
  const { needs = [], options, meanings = {} } = verb;
  const own = options.filter((name) => isOwn(verb, name));
  const general = options.filter((name) => OPTIONS[name].group === "general" && !ELSEWHERE.includes(name));
  const often = OFTEN.filter((name) => options.includes(name) && options.includes("header"));
  const asked = [
    ...own,
    ...(options.includes("header") ? often : options.filter((name) => name === "store")),
    ...general,
  ];
  return [
    { parts: [{ text: verb.about }] },
    { title: "Usage", parts: usage(verb) },
    ...(needs.length > 0 ? [{ title: "What it needs", parts: [{ rows: optionRows(needs, meanings) }] }] : []),
    {
      title: "Options",
      parts: [
        {
          rows: optionRows(
            asked.filter((name) => !needs.includes(name)),
            meanings,
          ),
        },
      ],
    },
    ...elsewhere(verb, [...needs, ...asked]),
    { title: verb.examples.length > 1 ? "Examples" : "Example", parts: [{ commands: verb.examples }] },
  ];
}

function usage(verb: VerbSpec): Part[] {
  const places = verb.arguments.match(/<[^>]+>|\[[^\]]+\]/g) ?? [];
  const rows = places.flatMap((place) => {
    const meaning = meaningOf(verb.name, place);
    return !meaning ? [] : [[place, meaning] as const];
  });
  const lines = [`m2mcp ${verb.name} ${verb.arguments} [options]`.replaceAll("  ", " ")];
  if (places[0] === "<target>")
    lines.push(`m2mcp <target> ${[verb.name, ...places.slice(1)].join(" ")} [options]`);
  return [{ commands: lines }, ...(rows.length > 0 ? [{ text: "" }, { rows }] : [])];
}

/** The options that are explained elsewhere: by their names where they are what the verb is about, else by the page. */
function elsewhere({ name, needs, options }: VerbSpec, shown: readonly OptionName[]): Section[] {
  if (!options.includes("header")) return [];
  const rest = (names: readonly OptionName[]) =>
    names
      .filter((one) => options.includes(one) && !shown.includes(one))
      .map((one) => `--${one}`)
      .join(", ");
  const credentials: Part = needs
    ? { text: `Also ${rest(CREDENTIAL_OPTIONS)}: m2mcp\u00a0help\u00a0credentials` }
    : {
        text: "A profile, @name, knows who the client is. For a URL that no login is saved for, say it with options or variables: m2mcp\u00a0help\u00a0credentials. To save it: m2mcp\u00a0login\u00a0--help",
      };
  const title = name === "login" ? "More" : "Credentials and connection";
  return [
    {
      title,
      parts: [credentials, { text: `Also ${rest(CONNECTION_OPTIONS)}: m2mcp\u00a0help\u00a0connection` }],
    },
  ];
}
