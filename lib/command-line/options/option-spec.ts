// The options: a file for each group of rows.
/** One option of the command line. */
export interface OptionSpec {
  /** What stands for the value in help; absent for a switch. */
  value?: string;
  about: string;
  /** Values to choose from; a test holds them to what reads the option. */
  choices?: readonly string[];
  /** May be given more than once; in its variable, one value a line. */
  repeat?: true;
  /** False: no environment variable stands for it. */
  variable?: false;
  /** Its value may hold variables, which are put in at use. */
  expands?: true;
  /** Its value is, or may hold, a secret. */
  secret?: true;
  group: "credentials" | "connection" | "general" | "own";
}
