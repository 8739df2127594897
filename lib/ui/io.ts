import type { Readable } from "node:stream";
import type { ByteInput, ByteOutput } from "../platform/streams/byte-streams.ts";
import type { Sink } from "../platform/streams/sink.ts";

/** The process around a command, handed in. A stream is opened when it is first touched. */
export interface IO {
  env: Record<string, string | undefined>;
  /** The current folder. */
  readonly cwd: string;
  readonly stdin: Readable & { isTTY?: boolean; fd?: number };
  /** Whether stdin is a terminal, found without opening it. */
  readonly stdinIsTerminal?: boolean;
  /** The same for who only reads it to its end. */
  openStdin(): ByteInput;
  /** Takes results. */
  readonly stdout: Sink;
  /** The same for who must know whether its reader is slow or has gone. */
  openStdout(): ByteOutput;
  readonly stderr: Sink;
  /** Ms since 1970. */
  now(): number;
}

/** Whether a person can be asked: who types at stdin sees the question on stderr. */
export const isAskable = (io: Pick<IO, "stdin" | "stdinIsTerminal" | "stderr">): boolean =>
  // In this order: stdin is opened only where a person may be there.
  io.stderr.isTTY === true && (io.stdinIsTerminal ?? io.stdin.isTTY === true);
