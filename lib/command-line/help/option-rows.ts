import { OPTIONS, type OptionName, spelled, variableOf } from "../options.ts";

type Row = readonly [term: string, about: string];

const withNotes = (name: OptionName, ...notes: string[]): Row => [
  spelled(name),
  [OPTIONS[name].about, ...(OPTIONS[name].repeat ? ["may be repeated"] : []), ...notes].join("; "),
];

/** Options with what they mean. */
export const optionRows = (names: readonly OptionName[]): Row[] => names.map((name) => withNotes(name));

/** The same, with the variable that stands for each. */
export const optionRowsWithVariables = (names: readonly OptionName[]): Row[] =>
  names.map((name) => {
    const variable = variableOf(name);
    return variable === null ? withNotes(name) : withNotes(name, `[${variable}]`);
  });
