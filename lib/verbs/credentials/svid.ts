import type { SvidSource } from "../../auth/credentials.ts";
import { type Options, timeoutMs } from "../../command-line/option-values.ts";

/** The agent is on this machine: its first SVID is there within this time, in ms, unless the user gives another limit. */
const FIRST_SVID_MS = 10_000;

/** How long the agent's first SVID is waited for, in ms. */
export const svidLimitMs = (options: Options): number => timeoutMs(options) ?? FIRST_SVID_MS;

/** The SVID that a path stands for: `spiffe`, or a SPIFFE id; undefined for a file. */
export function svidNamed(text: string): SvidSource | undefined {
  if (text === "spiffe") return { from: "spiffe" };
  return text.startsWith("spiffe://") ? { from: "spiffe", identity: text } : undefined;
}
