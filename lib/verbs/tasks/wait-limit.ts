import { type Options, timeoutMs } from "../../command-line/option-values.ts";
import { deadlineMs } from "../../timing/deadline.ts";

/** How long a task is waited for in all: as long as a request; without `--timeout`, as long as the server keeps it. */
export function waitLimit(options: Options): { limitMs?: number } {
  const given = timeoutMs(options);
  return given === undefined ? {} : { limitMs: deadlineMs(given) };
}
