import { type Exposed, type Listed, type Own, prefixed } from "./names.ts";

/** What a client's name for a tool or prompt means. */
export type Resolved =
  | { kind: "found"; own: Own }
  /** Several servers have it, and nobody said which is meant. */
  | { kind: "ambiguous"; names: string[] }
  | { kind: "unknown" };

/**
 * What a name means: what the client was told last, else what it is by now, else the only one that may be meant; it may have
 * been told by another process, or before there was a clash.
 *
 * @param told the names that this client was given, with what they meant then
 */
export function resolveName(
  name: string,
  told: ReadonlyMap<string, Own>,
  exposed: Exposed,
  listed: readonly Listed[],
): Resolved {
  const known = told.get(name) ?? exposed.owners.get(name);
  if (known) return { kind: "found", own: known };
  const bare = listed.flatMap(({ server, names }) => (names.includes(name) ? [{ server, name }] : []));
  const withPrefix = listed.flatMap(({ server, names }) =>
    names.flatMap((own) => (prefixed({ server, name: own }) === name ? [{ server, name: own }] : [])),
  );
  const [only, another] = [...bare, ...withPrefix];
  if (!only) return { kind: "unknown" };
  if (!another) return { kind: "found", own: only };
  return { kind: "ambiguous", names: [...bare, ...withPrefix].map((own) => exposed.nameOf(own)) };
}
