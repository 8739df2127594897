// The verbs: a file for each noun's rows.
import type { Verb } from "../command.ts";
import type { OptionSpec } from "../options/option-spec.ts";
import { CONNECTION_OPTIONS, CREDENTIAL_OPTIONS, GENERAL_OPTIONS, type OptionName } from "../options.ts";

/** Parts of the overview, in its order, with their titles. */
export const GROUPS = {
  "set up": "Set up",
  use: "Use a server",
  hosts: "For MCP hosts",
  "look inside": "Look inside",
} as const;

export type OptionMeaning = Pick<OptionSpec, "about" | "choices" | "value">;

/** A verb as the registry knows it; its file is loaded when it runs. */
export interface VerbSpec {
  name: string;
  /** Where it stands in the overview. */
  group: keyof typeof GROUPS;
  /** As in help: `<server> [@name]`. */
  arguments: string;
  about: string;
  options: readonly OptionName[];
  /** Options that mean another thing here than elsewhere; no variable stands for them then. */
  meanings?: Readonly<Partial<Record<OptionName, OptionMeaning>>>;
  /** Those of other groups that its help explains first. */
  needs?: readonly OptionName[];
  /** Those that change nothing here: taken, and not in its help. */
  without?: readonly OptionName[];
  examples: readonly string[];
  load(): Promise<Verb>;
}

/** The places of a verb's arguments, each with its brackets: `<target>`, `[...arguments]`. */
export const placesOf = ({ arguments: places }: VerbSpec): string[] =>
  places.match(/<[^>]+>|\[[^\]]+\]/g) ?? [];

/** The saved connection of examples. */
export const OWN_NAME = "@svc";
/** Options of every verb that speaks to a server. */
export const SPEAKING = [...CREDENTIAL_OPTIONS, ...CONNECTION_OPTIONS, ...GENERAL_OPTIONS];
/** Options of a verb whose work may take its time, and ask for something meanwhile. */
export const WORKING: readonly OptionName[] = ["answers", "progress", ...SPEAKING];
/** Options of a verb that reads what is saved, and asks no server. */
export const KEEPING: readonly OptionName[] = ["store", ...GENERAL_OPTIONS];
