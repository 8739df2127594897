import type { AuthState } from "../auth/credentials.ts";
import type { ServerCache, ServerMemory } from "../mcp/protocol/endpoint.ts";
import type { State, Store } from "./types.ts";

/** Servers remembered for one set of credentials; the ones longest unchanged make room. */
const MAX_SERVERS = 64;

/** Cached state of one set of credentials. A cache that cannot be kept costs requests, nothing else. */
export interface Cache {
  readAuth(): Promise<AuthState | undefined>;
  changeAuth(change: (old: AuthState) => AuthState): Promise<void>;
  /** What is remembered of one server. */
  server(url: string): ServerCache;
  withLock<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * The cache under `id` in the store. What cannot be written is kept for this run, with one warning.
 *
 * @param id where it lies; asked for at the first use, so that a bridge that is never used opens no store
 */
export function createCache(store: Store, id: () => Promise<string>, warn: (line: string) => void): Cache {
  let kept: State | undefined;
  let known: Promise<string> | undefined;
  const where = () => {
    known ??= id();
    return known;
  };
  const keepHere = (error: unknown, state: State) => {
    if (!kept)
      warn(`tokens are kept for this run only: ${error instanceof Error ? error.message : "no store"}`);
    kept = state;
  };
  const read = async (): Promise<State> => {
    if (kept) return kept;
    try {
      return (await store.readState(await where())) ?? {};
    } catch (error) {
      keepHere(error, {});
      return {};
    }
  };
  const update = async (change: (old: State) => State) => {
    if (!kept) {
      let changed: State | undefined;
      try {
        await store.updateState(await where(), (old) => {
          changed = change(old);
          return changed;
        });
        return;
      } catch (error) {
        keepHere(error, changed ?? change({}));
        return;
      }
    }
    kept = change(kept);
  };
  return {
    readAuth: async () => (await read()).auth,
    changeAuth: (change) => update((old) => ({ ...old, auth: change(old.auth ?? {}) })),
    server: (url) => ({
      read: async () => (await read()).servers?.[url],
      change: (change) => update((old) => withServer(old, url, change)),
    }),
    async withLock(work) {
      let started = false;
      const once = () => {
        started = true;
        return work();
      };
      if (kept) return work();
      try {
        return await store.withLock(await where(), once);
      } catch (error) {
        if (started) throw error;
        keepHere(error, {});
        return work();
      }
    },
  };
}

/** State with one server's memory changed. The one memory for all servers, of versions before, goes. */
function withServer(old: State, url: string, change: (old: ServerMemory) => ServerMemory): State {
  const { server: _one, ...state } = old;
  const { [url]: memory = {}, ...others } = state.servers ?? {};
  const kept = Object.entries(others).slice(1 - MAX_SERVERS);
  return { ...state, servers: { ...Object.fromEntries(kept), [url]: change(memory) } };
}

/** A cache for this run alone, for what is not proven yet. */
export function memoryCache(auth: AuthState): Cache {
  let kept: State = { auth };
  return {
    readAuth: async () => kept.auth,
    changeAuth: async (change) => {
      kept = { ...kept, auth: change(kept.auth ?? {}) };
    },
    server: (url) => ({
      read: async () => kept.servers?.[url],
      change: async (change) => {
        kept = withServer(kept, url, change);
      },
    }),
    withLock: (work) => work(),
  };
}
