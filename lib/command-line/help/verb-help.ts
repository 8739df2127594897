// The pages of help, all of them from the rows of verbs and options.
import { CONNECTION_OPTIONS, GENERAL_OPTIONS, OPTIONS, type OptionName } from "../options.ts";
import { placesOf, type VerbSpec } from "../verbs/verb-spec.ts";
import type { Part, Section } from "./layout.ts";
import { optionRows } from "./option-rows.ts";
import { meaningOf } from "./places.ts";

/** Options of all that a call wants often; the others have a page. */
const OFTEN: readonly OptionName[] = ["timeout", "json", "jq"];
/** Options that stand for a verb of their own: the overview names them. */
const ELSEWHERE: readonly OptionName[] = ["help", "version", "licenses"];

/** Whether an option is one verb's, or means something else to it than to others. */
export const isOwn = ({ meanings = {} }: VerbSpec, name: OptionName): boolean =>
  OPTIONS[name].group === "own" || meanings[name] !== undefined;

/** The help of one verb: what it needs first, then what it may have, then where the rest is explained. */
export function verbHelp(verb: VerbSpec): Section[] {
  const { needs = [], without = [], options, meanings = {} } = verb;
  const own = options.filter((name) => isOwn(verb, name));
  const often = OFTEN.filter((name) => options.includes(name) && !own.includes(name));
  const asked = [...own, ...often].filter((name) => !without.includes(name));
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
  const places = placesOf(verb);
  const rows = places.flatMap((place) => {
    const meaning = meaningOf(verb.name, place);
    return !meaning ? [] : [[place, meaning] as const];
  });
  const lines = [`m2mcp ${verb.name} ${verb.arguments} [options]`.replaceAll("  ", " ")];
  if (places[0] === "<target>")
    lines.push(`m2mcp <target> ${[verb.name, ...places.slice(1)].join(" ")} [options]`);
  return [{ commands: lines }, ...(rows.length > 0 ? [{ text: "" }, { rows }] : [])];
}

/** The options that are explained elsewhere: by their names, or by what they are about where they are many. */
function elsewhere(verb: VerbSpec, shown: readonly OptionName[]): Section[] {
  const { without = [] } = verb;
  const rest = [...CONNECTION_OPTIONS, ...GENERAL_OPTIONS].filter(
    (name) => verb.options.includes(name) && ![...shown, ...without, ...ELSEWHERE].includes(name),
  );
  const parts: Part[] = [
    { text: `Also ${rest.map((name) => `--${name}`).join(", ")}: m2mcp\u00a0help\u00a0options` },
  ];
  if (verb.options.includes("client-id")) parts.unshift({ text: verb.needs ? OTHER_PROOFS : CREDENTIALS });
  return [{ title: "More", parts }];
}

const OTHER_PROOFS =
  "Other proofs (a platform's tokens, commands, encrypted keys, mutual TLS, DPoP), the issuer, the resource, further parameters: m2mcp\u00a0help\u00a0credentials";
const CREDENTIALS =
  "@name has its credentials saved (m2mcp\u00a0login\u00a0--help). For the URL of a server without a saved login: m2mcp\u00a0help\u00a0credentials";
