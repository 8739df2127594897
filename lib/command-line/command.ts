import type { Readable, Writable } from "node:stream";
import type { M2mcpError } from "../failure.ts";
import type { Output } from "../ui/output.ts";
import type { Options } from "./arguments.ts";

/** The process around a command, handed in. */
export interface Surroundings {
  env: Record<string, string | undefined>;
  cwd: string;
  stdin: Readable & { isTTY?: boolean; fd?: number };
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
  /** Ms since 1970. */
  now(): number;
}

/** One run of one verb. */
export interface Call {
  verb: string;
  positionals: string[];
  options: Options;
  output: Output;
  around: Surroundings;
}

/** Nothing when all went well; else the failure that remains after the result was shown. */
export type Outcome = M2mcpError | undefined;

/** What each file of a verb exports. */
export interface Verb {
  run(call: Call): Promise<Outcome>;
}
