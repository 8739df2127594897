import type { Readable, Writable } from "node:stream";
import type { Sink } from "../platform/standard-streams.ts";

/** The process around a command, handed in. A stream is opened when it is first touched. */
export interface IO {
  env: Record<string, string | undefined>;
  /** The current folder. */
  readonly cwd: string;
  readonly stdin: Readable & { isTTY?: boolean; fd?: number };
  /** Takes results. */
  readonly stdout: Sink;
  /** The same as a stream, for who must know whether its reader is slow or has gone. */
  openStdout(): Writable;
  readonly stderr: Writable & { isTTY?: boolean };
  /** Ms since 1970. */
  now(): number;
}

/** Whether a person can be asked: who types at stdin sees the question on stderr. */
export const isAskable = ({ stdin, stderr }: Pick<IO, "stdin" | "stderr">): boolean =>
  stdin.isTTY === true && stderr.isTTY === true;
