import type { Endpoint, SavedSession, ServerCache, ServerMemory } from "../protocol/endpoint.ts";

/** What is remembered of a server, with news of it: of another era, what was known before holds no more. */
export function learned(old: ServerMemory, news: ServerMemory): ServerMemory {
  if (old.era !== undefined && old.era !== news.era) return news;
  const fresh = news.session;
  if (!fresh) return { ...old, ...news };
  const otherSessions = sessionsOf(old)
    .filter((session) => !isSameDeclaration(session.capabilities, fresh.capabilities))
    .slice(0, MAX_OTHER_SESSIONS);
  return { ...old, ...news, otherSessions };
}

/** Declarations differ by who can be asked, and how: there are three. */
const MAX_OTHER_SESSIONS = 2;

/** The sessions that are remembered, latest first. */
const sessionsOf = ({ session, otherSessions = [] }: ServerMemory): SavedSession[] => [
  ...(session ? [session] : []),
  ...otherSessions,
];

/** The session that was opened with these capabilities. */
export const sessionDeclaring = (memory: ServerMemory, capabilities: unknown): SavedSession | undefined =>
  sessionsOf(memory).find((session) => isSameDeclaration(session.capabilities, capabilities));

const isSameDeclaration = (one: unknown = {}, other: unknown = {}): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** A cache whose writes can be waited for: a process that ended during one would leave its temporary file behind. */
export function withSettled(cache: ServerCache): { cache: ServerCache; settled(): Promise<void> } {
  const writes = new Set<Promise<void>>();
  return {
    cache: {
      read: cache.read,
      change(change) {
        const write = cache.change(change).finally(() => writes.delete(write));
        writes.add(write);
        return write;
      },
    },
    async settled() {
      while (writes.size > 0) await Promise.allSettled(writes);
    },
  };
}

/** What is remembered of a server, read once for all connections to it. */
export interface RememberedCache extends ServerCache {
  /** What it is, as far as it was read. */
  now(): ServerMemory | undefined;
}

/** A cache that is read once; what is changed in it is known here at once. */
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

/** What this and earlier processes have learned of the server. */
export interface ServerMemories {
  recall(): Promise<ServerMemory | undefined>;
  /** Keeps news for this and later runs, in the background: nobody waits for what only those need. */
  learn(news: ServerMemory): void;
  /** Resolves when what was learned is on its way to the cache. Never rejects. */
  settled(): Promise<void>;
}

/** What the cache of an endpoint remembers; read when it is first wanted. */
export function createServerMemories({ cache }: Pick<Endpoint, "cache">): ServerMemories {
  let known: Promise<ServerMemory | undefined> | undefined;
  let writing: Promise<void> = Promise.resolve();
  const recall = () => {
    known ??= cache.read();
    return known;
  };
  const write = async (news: ServerMemory) => {
    const old = await recall();
    if (news.session === undefined && old?.era === news.era) return;
    known = Promise.resolve(learned(old ?? {}, news));
    await cache.change((before) => learned(before, news));
  };
  return {
    recall,
    learn(news) {
      writing = writing.then(() => write(news)).catch(() => {});
    },
    settled: () => writing,
  };
}
