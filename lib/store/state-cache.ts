import type { Named } from "./profiles.ts";
import { createSharedRead } from "./shared-read.ts";
import type { Change } from "./state.ts";
import type { Store } from "./store.ts";

/** Servers remembered for one set of credentials; the ones longest unchanged make room. */
const MAX_SERVERS = 64;

/** What is cached for one profile or one set of credentials from the environment. */
export interface CachedState<Auth extends object, Server extends object> {
  auth?: Auth;
  /** Of versions before, which kept one memory for all servers of a login: not read any more. */
  server?: Server;
  /** What is remembered of each MCP server that these credentials are used with, by address, latest last. */
  servers?: Record<string, Server>;
}

/** Cached state of one set of credentials. A cache that cannot be kept costs requests, nothing else. */
export interface StateCache<Auth extends object, Server extends object> {
  readAuth(): Promise<Auth | undefined>;
  changeAuth(change: Change<Auth>): Promise<void>;
  /** What is remembered of one server. */
  server(url: string): {
    read(): Promise<Server | undefined>;
    change(change: Change<Server>): Promise<void>;
  };
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

type CacheState<S> =
  | { kind: "not asked for" }
  /** The store is used, under this id. */
  | { kind: "stored"; id: Promise<string> }
  /** The store failed: kept for this run only. */
  | { kind: "in memory"; state: S };

/**
 * The cache under `id` in the store. What cannot be written is kept for this run, with one warning.
 *
 * @param id where it lies; asked for at the first use, so that a bridge that is never used opens no store
 */
export function createStateCache<Auth extends object, Server extends object>(
  store: Store<Named, CachedState<Auth, Server>>,
  id: () => Promise<string>,
): StateCache<Auth, Server> {
  type State = CachedState<Auth, Server>;
  let state: CacheState<State> = { kind: "not asked for" };
  const atStart = createSharedRead<State>();

  function stored(): Promise<string> {
    if (state.kind !== "stored") state = { kind: "stored", id: id() };
    return state.id;
  }
  function keepInMemory(error: unknown, kept: State): void {
    if (state.kind !== "in memory")
      store.warn(`tokens are kept for this run only: ${error instanceof Error ? error.message : "no store"}`);
    state = { kind: "in memory", state: kept };
  }
  async function read(): Promise<State> {
    if (state.kind === "in memory") return state.state;
    try {
      return (await store.readState(await stored())) ?? {};
    } catch (error) {
      keepInMemory(error, {});
      return {};
    }
  }
  async function update(change: Change<State>): Promise<void> {
    atStart.end();
    if (state.kind === "in memory") {
      state = { kind: "in memory", state: change(state.state) };
      return;
    }
    let changed: State | undefined;
    try {
      await store.updateState(await stored(), (old) => {
        changed = change(old);
        return changed;
      });
    } catch (error) {
      keepInMemory(error, changed ?? change({}));
    }
  }
  async function withLock<T>(work: () => Promise<T>): Promise<T> {
    atStart.end();
    if (state.kind === "in memory") return work();
    let started = false;
    const once = () => {
      started = true;
      return work();
    };
    try {
      return await store.withLock(await stored(), once);
    } catch (error) {
      if (started) throw error;
      keepInMemory(error, {});
      return work();
    }
  }
  return cacheOver({ read: () => atStart.read(read), update, withLock });
}

/** A cache that nothing is written for, and what it holds by now. */
export interface MemoryCache<Auth extends object, Server extends object> extends StateCache<Auth, Server> {
  state(): CachedState<Auth, Server>;
}

/** A cache for this run alone, for what is not proven yet. */
export function createMemoryCache<Auth extends object, Server extends object>(
  auth: Auth,
): MemoryCache<Auth, Server> {
  let state: CachedState<Auth, Server> = { auth };
  const cache = cacheOver<Auth, Server>({
    read: async () => state,
    async update(change) {
      state = change(state);
    },
    withLock: (work) => work(),
  });
  return { ...cache, state: () => state };
}

/** Where the state of a cache is. */
interface Source<State> {
  read(): Promise<State>;
  update(change: Change<State>): Promise<void>;
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

function cacheOver<Auth extends object, Server extends object>(
  source: Source<CachedState<Auth, Server>>,
): StateCache<Auth, Server> {
  return {
    readAuth: async () => (await source.read()).auth,
    changeAuth: (change) => source.update((old) => ({ ...old, auth: change(old.auth ?? {}) })),
    server: (url) => ({
      read: async () => (await source.read()).servers?.[url],
      change: (change) => source.update((old) => withServer(old, url, change)),
    }),
    withLock: source.withLock,
  };
}

/** State with what is remembered of one server changed. The one memory for all servers, of versions before, goes. */
function withServer<Auth extends object, Server extends object>(
  old: CachedState<Auth, Server>,
  url: string,
  change: Change<Server>,
): CachedState<Auth, Server> {
  const { server: _one, ...state } = old;
  const { [url]: remembered, ...others } = state.servers ?? {};
  const kept = Object.entries(others).slice(1 - MAX_SERVERS);
  return { ...state, servers: { ...Object.fromEntries(kept), [url]: change(remembered ?? {}) } };
}
