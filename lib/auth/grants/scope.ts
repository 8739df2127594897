// What is asked for, and where, by what the user says and what was found.
import type { Credentials, Discovered } from "../credentials.ts";

/** The scopes of several lists, each once; between them may be any white space, which is in none (RFC 6749 §3.3). */
export const union = (...lists: (string | undefined)[]): string[] => [
  ...new Set(lists.flatMap((list) => (list ?? "").split(/\s+/)).filter((scope) => scope !== "")),
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

/** The resource to ask for (RFC 8707 §2): the user's, else what the server calls itself; undefined where none is sent. */
export const wantedResource = (
  { resource }: Pick<Credentials, "resource">,
  found: Pick<Discovered, "resource">,
): string | undefined => (resource === null ? undefined : (resource ?? found.resource));

/** Where tokens are asked for: with a client certificate at the alias for that (RFC 8705 §5). */
export const endpointFor = ({ tls }: Credentials, { tokenEndpoint, mtlsTokenEndpoint }: Discovered): string =>
  (tls && mtlsTokenEndpoint) ?? tokenEndpoint;
