import type { Command } from "../command-line/command.ts";

/** Tells a step of the work and when it was: what takes long shows by it. */
export const timedStep =
  ({ output, io }: Pick<Command, "output" | "io">) =>
  (line: string): void =>
    output.step(line, io.now());
