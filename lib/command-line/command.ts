// The command line apart from what verbs do: options, arguments, help, completion.
import type { M2mcpError } from "../failure.ts";
import type { IO } from "../ui/io.ts";
import type { Output } from "../ui/output.ts";
import type { Options } from "./option-values.ts";

/** One run of one verb: what was asked, and where its words go. */
export interface Command {
  verb: string;
  positionals: string[];
  options: Options;
  output: Output;
  io: IO;
  /** Who started it has given it up: what came in the moment after is shown, and the command ends with this. */
  left?: M2mcpError;
}

/** Nothing when all went well; else the failure that remains after the result was shown. */
export type Outcome = M2mcpError | undefined;

/** What each file of a verb exports. */
export interface Verb {
  run(command: Command): Promise<Outcome>;
}
