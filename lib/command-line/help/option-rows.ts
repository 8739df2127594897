import { OPTIONS, type OptionName, spelled, variableOf } from "../options.ts";
import type { OptionMeaning, VerbSpec } from "../verbs/verb-spec.ts";

type Row = readonly [term: string, about: string];

const row = (name: OptionName, { about, value }: OptionMeaning, ...notes: string[]): Row => [
  value === undefined ? spelled(name) : `--${name} ${value}`,
  [about, ...(OPTIONS[name].repeat ? ["may be repeated"] : []), ...notes].join("; "),
];

/** Options with what they mean. @param meanings where a verb has its own */
export const optionRows = (names: readonly OptionName[], meanings: VerbSpec["meanings"] = {}): Row[] =>
  names.map((name) => row(name, { ...OPTIONS[name], ...meanings[name] }));

/** The same, with the variable that stands for each. */
export const optionRowsWithVariables = (names: readonly OptionName[]): Row[] =>
  names.map((name) => {
    const variable = variableOf(name);
    return row(name, OPTIONS[name], ...(variable === null ? [] : [`[${variable}]`]));
  });
