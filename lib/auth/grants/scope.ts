import type { Credentials, Discovered } from "../credentials.ts";

/** The scopes of several space-separated lists, each once. */
export const union = (...lists: (string | undefined)[]): string[] => [
  ...new Set(lists.flatMap((list) => (list ?? "").split(" ")).filter((scope) => scope !== "")),
];

/** The scope to ask for: the user's, with what step-up gathered; else the challenge's or `scopes_supported`. */
export function wantedScope(
  credentials: Credentials,
  found: Discovered,
  steppedUp: string | undefined,
): string | undefined {
  const all = union(credentials.scope ?? found.scope, steppedUp);
  return all.length === 0 ? undefined : all.join(" ");
}
