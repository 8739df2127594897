import { OPTIONS, type OptionName, spelled, variableOf } from "../options.ts";
import type { VerbSpec } from "../verbs/verb-spec.ts";

type Row = readonly [term: string, about: string];

const withNotes = (name: OptionName, about: string, ...notes: string[]): Row => [
  spelled(name),
  [about, ...(OPTIONS[name].repeat ? ["may be repeated"] : []), ...notes].join("; "),
];

/** Options with what they mean. @param meanings where a verb has its own */
export const optionRows = (names: readonly OptionName[], meanings: VerbSpec["meanings"] = {}): Row[] =>
  names.map((name) => withNotes(name, meanings[name]?.about ?? OPTIONS[name].about));

/** The same, with the variable that stands for each. */
export const optionRowsWithVariables = (names: readonly OptionName[]): Row[] =>
  names.map((name) => {
    const variable = variableOf(name);
    const { about } = OPTIONS[name];
    return variable === null ? withNotes(name, about) : withNotes(name, about, `[${variable}]`);
  });
