// Resources are known by their URIs, which stay what they are unless servers have the same.
import type { Own } from "./names.ts";

const SCHEME = "m2mcp://";

/** A URI, or a template of URIs, that two servers have, with the server's name in it: it leads back by itself. */
export const namedUri = ({ server, name }: Own): string => `${SCHEME}${server}/${name}`;

/** The server and its own URI in one that bears its name. */
export function namedIn(uri: string, servers: readonly string[]): Own | undefined {
  if (!uri.startsWith(SCHEME)) return undefined;
  const server = uri.slice(SCHEME.length).split("/", 1)[0] ?? "";
  return servers.includes(server)
    ? { server, name: uri.slice(SCHEME.length + server.length + 1) }
    : undefined;
}

/** Whether a URI may come of a template (RFC 6570): what stands between its expressions is there, in order. */
export function mayComeOf(uri: string, template: string): boolean {
  const parts = template.split(/\{[^{}]*\}/);
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return uri === template;
  if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = uri.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= uri.length - last.length;
}
