import { CONNECTION } from "./options/connection.ts";
import { CREDENTIALS } from "./options/credentials.ts";
import { DESKTOP } from "./options/desktop.ts";
import { GENERAL } from "./options/general.ts";
import { GRANTS } from "./options/grants.ts";
import { OBSERVATION } from "./options/observation.ts";
import type { OptionSpec } from "./options/option-spec.ts";
import { OWN } from "./options/own.ts";

/** Every option of the command line: the one place that parsing, help and variable names read. */
const table = { ...CREDENTIALS, ...GRANTS, ...CONNECTION, ...OBSERVATION, ...OWN, ...DESKTOP, ...GENERAL };

type NamesOf<Table> = Table extends unknown ? keyof Table : never;
type Twice<Tables> = Tables extends [infer One, ...infer Others]
  ? (keyof One & NamesOf<Others[number]>) | Twice<Others>
  : never;
// Of a name in two tables the second would take the first one's place: that does not compile. What a verb means by an
// option of others it says in its `meanings`.
type Clash = Twice<
  [
    typeof CREDENTIALS,
    typeof GRANTS,
    typeof CONNECTION,
    typeof OBSERVATION,
    typeof OWN,
    typeof DESKTOP,
    typeof GENERAL,
  ]
>;
true satisfies [Clash] extends [never] ? true : Clash;

export type OptionName = keyof typeof table;

export const OPTIONS: Readonly<Record<OptionName, OptionSpec>> = table;

export const OPTION_NAMES = Object.keys(table) as OptionName[];

/** Options that have a letter too. */
export const SHORT: Readonly<Record<string, OptionName>> = { "-h": "help", "-v": "version", "-V": "version" };

/** Narrows text to the name of an option, written without dashes. */
export const isOptionName = (text: string): text is OptionName => Object.hasOwn(table, text);

export const CREDENTIAL_OPTIONS: OptionName[] = [];
export const CONNECTION_OPTIONS: OptionName[] = [];
export const GENERAL_OPTIONS: OptionName[] = [];

// In one go: a look at each option for each group were so many calls that every process compiled what looks.
for (const name of OPTION_NAMES) {
  const { group } = OPTIONS[name];
  if (group === "credentials") CREDENTIAL_OPTIONS.push(name);
  else if (group === "connection") CONNECTION_OPTIONS.push(name);
  else if (group === "general") GENERAL_OPTIONS.push(name);
}

/** The environment variable that stands for an option, `M2MCP_CLIENT_ID` for `client-id`; null when none does. */
export const variableOf = (name: OptionName): string | null =>
  OPTIONS[name].variable === false ? null : `M2MCP_${name.toUpperCase().replaceAll("-", "_")}`;

/** An option as a user writes it, with what stands for its value: `--client-id ID`. */
export const spelled = (name: OptionName): string => {
  const { value } = OPTIONS[name];
  return value ? `--${name} ${value}` : `--${name}`;
};
