// The names under which a client finds the tools and prompts of several servers.

/** When a name bears the name of its server: always, or where servers have the same. */
export type PrefixRule = "clash" | "always";

/** A server's own name for something. */
export interface Own {
  server: string;
  name: string;
}

/** What is listed by one server, by its own names. */
export interface Listed {
  server: string;
  names: readonly string[];
}

/** The spec allows 128 characters (MCP "Tool Names"), models' interfaces often 64: names within those stay within. */
const LENGTHS = [64, 128] as const;
/** Of the characters that the spec allows, all but the dot are good everywhere. */
const NOT_PREFIX = /[^A-Za-z0-9_-]/g;
const NOT_NAME = /[^A-Za-z0-9_.-]/g;

const prefixOf = (server: string): string => `${server.replace(NOT_PREFIX, "_")}_`;

/**
 * A name with its server's before it: `svc_search`. Within the spec's characters and lengths, and ever the same.
 *
 * @param servers all that there are: what may be read as another's (`a` with `b_c` beside `a_b` with `c`) is told apart by
 * their names alone, whatever is listed and whichever is there
 */
export function prefixed({ server, name }: Own, servers: readonly string[] = []): string {
  const clean = name.replace(NOT_NAME, "_");
  const own = prefixOf(server);
  const whole = own + clean;
  const longest = name.length <= LENGTHS[0] ? LENGTHS[0] : LENGTHS[1];
  const mayBeAnothers = servers
    .map(prefixOf)
    .some((prefix, at) => servers[at] !== server && prefix.length >= own.length && whole.startsWith(prefix));
  return clean === name && whole.length <= longest && !mayBeAnothers
    ? whole
    : told(whole, { server, name }, longest);
}

/** A name that says apart what would be the same otherwise. */
function told(text: string, { server, name }: Own, longest: number): string {
  const tail = `_${digest(`${server}:${name}`)}`;
  return text.slice(0, longest - tail.length) + tail;
}

/** A short fingerprint (FNV-1a, 32 bits): names are told apart by it, nothing is secured. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** The name of each thing that is listed, and what each name means. */
export interface Exposed {
  /** What a name means. */
  owners: ReadonlyMap<string, Own>;
  /** The client's name for a server's own. */
  nameOf(own: Own): string;
}

/**
 * Gives each listed thing its name. Where servers have the same, all of them get their server's: which of them came first
 * makes no difference, and no name comes to mean another server's.
 *
 * @param servers all that there are, whether their lists are known or not
 * @param withServer the form that says the server
 */
export function exposedNames(
  listed: readonly Listed[],
  rule: PrefixRule,
  servers: readonly string[] = listed.map(({ server }) => server),
  withServer: (own: Own) => string = (own) => prefixed(own, servers),
): Exposed {
  const counts = new Map<string, number>();
  for (const { names } of listed)
    for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const owners = new Map<string, Own>();
  const given = new Map<string, string>();
  const give = (own: Own, name: string) => {
    owners.set(name, own);
    given.set(`${own.server}:${own.name}`, name);
  };
  const all = listed.flatMap(({ server, names }) => [...new Set(names)].map((name) => ({ server, name })));
  const isPlain = ({ name }: Own) => rule === "clash" && counts.get(name) === 1;
  for (const own of all) if (isPlain(own)) give(own, own.name);
  for (const own of all) {
    if (isPlain(own)) continue;
    const name = withServer(own);
    // A server may have a name that looks like another's with its prefix.
    give(own, owners.has(name) ? told(name, own, LENGTHS[name.length <= LENGTHS[0] ? 0 : 1]) : name);
  }
  return {
    owners,
    nameOf: (own) =>
      given.get(`${own.server}:${own.name}`) ?? (rule === "always" ? withServer(own) : own.name),
  };
}
