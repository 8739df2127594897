// What each server lists, as far as any client of this process has seen it: names are given by what all of them have.
import type { ServerMemory } from "../../protocol/endpoint.ts";
import type { MergedServer } from "../context.ts";
import { type Exposed, exposedNames, type Listed, type PrefixRule } from "../words/names.ts";
import { namedUri } from "../words/uris.ts";

/** A list is looked at anew after so long, though no server spoke of changes, in ms. */
const FRESH_MS = 5 * 60_000;
/** Lists that are remembered between runs: names shall not change because a server is away at the start. */
const REMEMBERED: Readonly<Record<string, "tools" | "prompts">> = {
  "tools/list": "tools",
  "prompts/list": "prompts",
};

interface Kept {
  names: readonly string[];
  /** When it was seen whole, in ms; absent: in an earlier run. */
  atMs?: number;
}

export interface Catalogue {
  /** All names of one server's list were seen. */
  learn(server: string, method: string, names: readonly string[]): void;
  /** Some names of one server's list were seen, whatever else is in it. */
  add(server: string, method: string, names: readonly string[]): void;
  /** A server's lists below this prefix have changed. */
  forget(server: string, methods: string): void;
  isFresh(server: string, method: string): boolean;
  /** What is known of the servers, as far as they are known. */
  listed(method: string): Listed[];
  exposed(method: string): Exposed;
  /** Resolves once what earlier runs have seen is known. */
  recalled(): Promise<void>;
}

/** What is kept of each list, by its method and the server. */
function createKept(servers: readonly string[]) {
  const kept = new Map<string, Map<string, Kept>>();
  const of = (method: string) => {
    const known = kept.get(method) ?? new Map<string, Kept>();
    kept.set(method, known);
    return known;
  };
  const listed = (method: string): Listed[] =>
    servers.flatMap((server) => {
      const names = of(method).get(server)?.names;
      return names ? [{ server, names }] : [];
    });
  return { kept, of, listed };
}

/** Nothing is known yet: `recalled` reads what earlier runs have seen. */
export function createCatalogue(servers: readonly MergedServer[], prefix: PrefixRule): Catalogue {
  const all = servers.map(({ name }) => name);
  const { kept, of, listed } = createKept(all);
  const exposures = new Map<string, Exposed>();
  let recalling: Promise<void> | undefined;
  const takeRemembered = (server: string, memory: ServerMemory | undefined) => {
    for (const [method, list] of Object.entries(REMEMBERED)) {
      const names = memory?.names?.[list];
      if (!names || of(method).has(server)) continue;
      of(method).set(server, { names });
      exposures.delete(method);
    }
  };
  return {
    learn(server, method, names) {
      const before = of(method).get(server)?.names;
      of(method).set(server, { names, atMs: performance.now() });
      if (before && isSame(before, names)) return;
      exposures.delete(method);
      remember(servers, server, method, names);
    },
    add(server, method, names) {
      const before = of(method).get(server);
      const known = withMore(before, names);
      if (known === before || !known) return;
      of(method).set(server, known);
      exposures.delete(method);
    },
    forget(server, methods) {
      for (const [method, lists] of kept) {
        const known = lists.get(server);
        if (known && method.startsWith(methods)) lists.set(server, { names: known.names });
      }
    },
    isFresh(server, method) {
      const atMs = of(method).get(server)?.atMs;
      return atMs !== undefined && performance.now() - atMs < FRESH_MS;
    },
    listed,
    exposed(method) {
      const known = exposures.get(method) ?? exposureOf(method, listed(method), prefix, all);
      exposures.set(method, known);
      return known;
    },
    recalled() {
      recalling ??= Promise.all(
        servers.map(async ({ name, endpoint }) => takeRemembered(name, await endpoint.cache.read())),
      ).then(() => {});
      return recalling;
    },
  };
}

/** URIs never bear a prefix for its own sake. */
const exposureOf = (
  method: string,
  lists: readonly Listed[],
  prefix: PrefixRule,
  servers: readonly string[],
): Exposed =>
  method in REMEMBERED
    ? exposedNames(lists, prefix, servers)
    : exposedNames(lists, "clash", servers, namedUri);

/** Keeps names for later runs, in the background. */
function remember(
  servers: readonly MergedServer[],
  server: string,
  method: string,
  names: readonly string[],
): void {
  const list = REMEMBERED[method];
  const endpoint = servers.find(({ name }) => name === server)?.endpoint;
  if (list) void endpoint?.cache.change((old) => withNames(old, list, names));
}

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((name, at) => name === other[at]);

/** With names that are not among them yet; the same where all are. */
function withMore(known: Kept | undefined, names: readonly string[]): Kept | undefined {
  const before = new Set(known?.names);
  const more = names.filter((name) => !before.has(name));
  return more.length === 0 ? known : { ...known, names: [...before, ...more] };
}

const withNames = (old: ServerMemory, list: "tools" | "prompts", names: readonly string[]): ServerMemory =>
  isSame(old.names?.[list] ?? [], names) ? old : { ...old, names: { ...old.names, [list]: [...names] } };
