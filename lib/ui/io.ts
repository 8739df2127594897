import type { Readable, Writable } from "node:stream";

/** The process around a command, handed in. A stream is opened when it is first touched. */
export interface IO {
  env: Record<string, string | undefined>;
  /** The current folder. */
  readonly cwd: string;
  readonly stdin: Readable & { isTTY?: boolean; fd?: number };
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean };
  /** Ms since 1970. */
  now(): number;
}
