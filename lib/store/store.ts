import { dirname, join } from "node:path";
import { M2mcpError } from "../failure.ts";
import { exposed, listFolder, readBytes, removeFile, writeAtomic } from "../platform/files.ts";
import { storeFolder } from "../platform/folders.ts";
import { type Keyring, osKeyring } from "../platform/keyring.ts";
import { badProfileName } from "./errors.ts";
import { hasDescription, type KeySources, moveKey, type OpenKey, openKey } from "./key.ts";
import { withFileLock } from "./lock.ts";
import { belongsToProfile, sweep } from "./stale-files.ts";
import type { KeyPlace, Profile, State, Store } from "./types.ts";
import { fingerprint, type Header, seal, unseal } from "./vault.ts";

/** Stands for state where no store could be opened; a plus is in no profile's name. */
const NOWHERE = "+memory";

const SUFFIX = ".m2mcp";
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface StoreOptions {
  env: Record<string, string | undefined>;
  /** `--store`; `M2MCP_STORE` unless given. */
  choice?: "keyring" | "file";
  /** Told once what a person should know: an exposed file, a key in a file, a cache that cannot be written. */
  warn(message: string): void;
  keyring?: Keyring;
}

/** A store that can also move its key. */
export interface MovableStore extends Store {
  /** @param newPassphrase for `passphrase`: the one from now on */
  move(to: KeyPlace, newPassphrase?: string): Promise<void>;
  /** Whether there is a store, readable or not; makes none. */
  exists(): Promise<boolean>;
}

/**
 * The encrypted store. Nothing is opened, asked or made before the first method needs it. Where the folder cannot
 * be written, state lives in memory for this process, with a warning; a profile then is an error.
 */
export function openStore({ env, choice, warn, keyring = osKeyring() }: StoreOptions): MovableStore {
  const folder = storeFolder(env);
  const warned = new Set<string>();
  const warnOnce = (message: string) => {
    if (!warned.has(message)) warn(message);
    warned.add(message);
  };
  const places = {
    folder,
    profiles: join(folder, "profiles"),
    state: join(folder, "state"),
    locks: join(folder, "locks"),
    suffix: SUFFIX,
    writeLockOf: (id: string) => lockOf(`${id}+write`),
  };
  // A plus is in no profile's name, so these locks are apart from those of profiles.
  const lockOf = (id: string) => join(places.locks, `${id.toLowerCase()}.lock`);
  const checked = new Set<string>();
  const checkExposed = async (path: string) => {
    if (checked.has(path)) return;
    checked.add(path);
    const problem = await exposed(path);
    if (problem) warnOnce(problem);
  };
  const sources: KeySources = {
    folder,
    passphrase: env.M2MCP_PASSPHRASE || undefined,
    keyring,
    warn: warnOnce,
    checkExposed,
    exclusively: (work) => withFileLock(lockOf("+store"), work),
  };
  const chosen =
    choice ?? (env.M2MCP_STORE === "keyring" || env.M2MCP_STORE === "file" ? env.M2MCP_STORE : undefined);
  /** State that could not be written, and what lay in its place then. */
  const inMemory = new Map<string, { state: State; over: Uint8Array | null }>();
  const turns = new Map<string, Promise<unknown>>();
  let opening: Promise<OpenKey> | undefined;

  const opened = () => {
    opening ??= openKey(sources, chosen).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const pathOf = ({ kind, name }: Header) =>
    join(kind === "profile" ? places.profiles : places.state, `${name}${SUFFIX}`);

  async function read(header: Header): Promise<unknown> {
    const file = pathOf(header);
    const bytes = await readBytes(file);
    if (!bytes) return null;
    return unsealed((await opened()).key, header, bytes);
  }

  async function unsealed(key: Uint8Array, header: Header, bytes: Uint8Array): Promise<unknown> {
    const file = pathOf(header);
    for (const path of [folder, dirname(file), file]) await checkExposed(path);
    return unseal(key, header, bytes, file);
  }

  async function write(header: Header, value: unknown): Promise<void> {
    const { key } = await opened();
    // Of state, a power cut may bring back the old one: that costs a request, and a sync costs each time.
    await writeAtomic(pathOf(header), seal(key, header, value), header.kind === "profile");
  }

  const profileHeader = (name: string): Header => {
    if (!NAME.test(name)) throw badProfileName(name);
    // Some file systems do not tell capitals apart; then two names would be one file.
    return { kind: "profile", name: name.toLowerCase() };
  };
  const stateHeader = (id: string): Header => ({ kind: "state", name: id.toLowerCase() });

  /** Callers within this process take turns, so that they do not poll for each other's lock file. */
  function inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = turns.get(id) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(work);
    const settled = mine.catch(() => {});
    turns.set(id, settled);
    void settled.then(() => turns.get(id) === settled && turns.delete(id));
    return mine;
  }

  /** State, and the bytes that lie in its place; what is kept in memory counts until those are others. */
  async function lookUp(id: string): Promise<{ bytes: Uint8Array | null; state: State | null }> {
    const header = stateHeader(id);
    const file = pathOf(header);
    const kept = inMemory.get(id);
    if (id === NOWHERE) return { bytes: null, state: kept?.state ?? null };
    const bytes = kept ? await readBytes(file).catch(() => kept.over) : await readBytes(file);
    if (kept && isSame(bytes, kept.over)) return { bytes, state: kept.state };
    // Another process could write again: what it wrote is newer.
    inMemory.delete(id);
    if (!bytes) return { bytes, state: null };
    const { key } = await opened();
    try {
      return { bytes, state: (await unsealed(key, header, bytes)) as State };
    } catch (error) {
      if (!(error instanceof M2mcpError) || error.code !== "damaged") throw error;
      // It is a cache: what it held is asked for anew.
      warnOnce(`${file} is damaged; the tokens in it are asked for anew`);
      return { bytes, state: null };
    }
  }

  async function keepInMemory(id: string, change: (old: State) => State): Promise<void> {
    const { bytes, state } = await lookUp(id).catch(() => ({ bytes: null, state: null }));
    inMemory.set(id, { state: change(state ?? {}), over: bytes });
  }

  const isGone = async (id: string) =>
    belongsToProfile(id) && !(await readBytes(pathOf({ kind: "profile", name: id.toLowerCase() })));

  return {
    readProfile: async (name) => (await read(profileHeader(name))) as Profile | null,
    writeProfile: (profile) => write(profileHeader(profile.name), profile),

    async removeProfile(name) {
      const header = profileHeader(name);
      const remove = async () => {
        const removed = await removeFile(pathOf(header));
        await removeFile(pathOf(stateHeader(name)));
        inMemory.delete(name);
        return removed;
      };
      // Under the lock: a bridge that writes state at this moment must not bring it back.
      return inTurn(`write ${name}`, () => withFileLock(places.writeLockOf(name), remove));
    },

    async listProfiles() {
      const profiles: Profile[] = [];
      const unreadable: { file: string; error: Error }[] = [];
      for (const name of (await listFolder(places.profiles)).sort()) {
        if (!name.endsWith(SUFFIX) || name.startsWith(".")) continue;
        try {
          const profile = (await read({
            kind: "profile",
            name: name.slice(0, -SUFFIX.length),
          })) as Profile | null;
          if (profile) profiles.push(profile);
        } catch (error) {
          // A store that does not open at all is one error, not one for each file.
          if (
            !(error instanceof M2mcpError) ||
            !["damaged", "newer_format", "not_readable"].includes(error.code)
          )
            throw error;
          unreadable.push({ file: join(places.profiles, name), error });
        }
      }
      return { profiles, unreadable };
    },

    readState: async (id) => (await lookUp(id)).state,

    updateState: (id, change) =>
      inTurn(`write ${id}`, async () => {
        if (id === NOWHERE) return keepInMemory(id, change);
        try {
          await withFileLock(places.writeLockOf(id), async () => {
            // Its profile was removed meanwhile: nothing of it is to be found afterwards.
            if (await isGone(id)) return keepInMemory(id, change);
            await write(stateHeader(id), change((await lookUp(id)).state ?? {}));
            if (inMemory.delete(id)) warnOnce(`${folder} can be written again, so tokens are saved again`);
          });
          await sweep(places, Date.now());
        } catch (error) {
          if (!(error instanceof M2mcpError) || error.code !== "not_writable") throw error;
          warnOnce(`${error.message}; going on without saving, so tokens are kept in memory only`);
          await keepInMemory(id, change);
        }
      }),

    withLock: (id, work) =>
      inTurn(`lock ${id}`, async () => {
        let started = false;
        const begin = () => {
          started = true;
          return work();
        };
        try {
          return await withFileLock(lockOf(id), begin);
        } catch (error) {
          // Without a place for lock files there is nobody to share with.
          if (started || !(error instanceof M2mcpError) || error.code !== "not_writable") throw error;
          return work();
        }
      }),

    async stateId(parts) {
      try {
        return fingerprint((await opened()).key, parts);
      } catch (error) {
        if (!(error instanceof M2mcpError) || error.code !== "not_writable") throw error;
        warnOnce(`${error.message}; going on without saving, so tokens are kept in memory only`);
        return NOWHERE;
      }
    },

    keyPlace: async () => (await opened()).place,

    exists: () => hasDescription(folder),

    async move(to, newPassphrase) {
      await sources.exclusively(() => moveKey(sources, to, newPassphrase));
      opening = undefined;
    },
  };
}

const isSame = (one: Uint8Array | null, other: Uint8Array | null) =>
  one === other || (one !== null && other !== null && Buffer.compare(one, other) === 0);
