import type { ServerCache, ServerMemory } from "../../protocol/endpoint.ts";

/** What is remembered of a server, read once for all connections to it. */
export interface RememberedCache extends ServerCache {
  /** What it is, as far as it was read. */
  now(): ServerMemory | undefined;
}

export function remembered(cache: ServerCache): RememberedCache {
  let known: Promise<ServerMemory | undefined> | undefined;
  let latest: ServerMemory | undefined;
  const keep = (memory: Promise<ServerMemory | undefined>) => {
    known = memory.then((value) => {
      latest = value;
      return value;
    });
    return known;
  };
  return {
    read: () => known ?? keep(cache.read()),
    change(change) {
      void keep((known ?? cache.read()).then((old) => change(old ?? {})));
      return cache.change(change);
    },
    now: () => latest,
  };
}
