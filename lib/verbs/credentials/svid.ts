import type { SvidSource } from "../../auth/credentials.ts";

/** The SVID that a path stands for: `spiffe`, or a SPIFFE id; undefined for a file. */
export function svidNamed(text: string): SvidSource | undefined {
  if (text === "spiffe") return { from: "spiffe" };
  return text.startsWith("spiffe://") ? { from: "spiffe", identity: text } : undefined;
}
