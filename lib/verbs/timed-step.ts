import type { Command } from "../command-line/command.ts";
import { onceEach } from "../ui/tell-once.ts";

/** How a step begins that is told without --verbose, too. */
const WARNING = "warning: ";

/** Tells a step of the work and when it was: what takes long shows by it. What a person should know is a warning. */
export function timedStep({ output, io }: Pick<Command, "output" | "io">): (line: string) => void {
  const warn = onceEach((line) => output.warn(line));
  return (line) =>
    line.startsWith(WARNING) ? warn(line.slice(WARNING.length)) : output.step(line, io.now());
}
