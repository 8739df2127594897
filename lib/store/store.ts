// The encrypted store: profiles and cached state, and the key that opens them (docs/store-format.md). What a profile
// and state hold is the caller's affair.
import { isNotWritable } from "../platform/errors.ts";
import { exists } from "../platform/files/files.ts";
import { filesAhead } from "../platform/files/read-ahead.ts";
import { type Keyring, osKeyring } from "../platform/keyring/keyring.ts";
import { storeFolder } from "../platform/own-folders/settings.ts";
import { createExposure } from "./exposure.ts";
import { type KeyPlace, readDescription } from "./key/description.ts";
import { createStoreKey, type KeyChoice } from "./key/key.ts";
import { createPassphrase, type PassphraseHolder } from "./key/passphrase.ts";
import { createTurns } from "./locks/turns.ts";
import { withLock } from "./locks/with-lock.ts";
import { createWorkLocks } from "./locks/work-locks.ts";
import { profileHeader, type StorePaths, sealedFile, stateHeader, storeLock, storePaths } from "./paths.ts";
import { createStoredPins, type StoredPins } from "./pins/stored-pins.ts";
import { listProfiles, type Named, profileNames, readProfile, writeProfile } from "./profiles.ts";
import type { StoreAccess } from "./sealed-files.ts";
import { type Change, createStates, NOWHERE } from "./state.ts";
import { fingerprint } from "./vault.ts";

/** Encrypted storage of profiles and state. All methods throw store errors (exit 5) that name the file. */
export interface Store<Profile extends Named, State extends object> {
  readonly folder: string;
  /** Says that a profile and its state will be asked for now: their files are read while other things are done. */
  expect(name: string): void;
  /** Null when there is no such profile. */
  readProfile(name: string): Promise<Profile | null>;
  /** Atomic; replaces an existing one. */
  writeProfile(profile: Profile): Promise<void>;
  /** The same with all that is known beside it, which takes the place of what was known before. */
  saveProfile(profile: Profile, state: State): Promise<void>;
  /** Removes the profile and its state; false when there was none. */
  removeProfile(name: string): Promise<boolean>;
  /** All that can be read, sorted by name, and the files that could not. */
  listProfiles(): Promise<{ profiles: Profile[]; unreadable: { file: string; error: Error }[] }>;
  /** Names of what may be read, sorted, in small letters: neither the key nor a file is opened for them. */
  profileNames(): Promise<string[]>;
  /** Null when nothing is cached. */
  readState(id: string): Promise<State | null>;
  /**
   * Read, change and write under a short lock of its own, so that parallel processes lose nothing. What cannot be
   * written, or belongs to a profile that is gone, stays in memory; the next change tries to write it again.
   */
  updateState(id: string, change: Change<State>): Promise<void>;
  /**
   * Runs `work` while no other process runs work for the same id. Where this process was stopped for so long that
   * another has taken over, what `work` changes of that state is dropped: the other's is newer.
   */
  withLock<T>(id: string, work: () => Promise<T>): Promise<T>;
  /** What was seen of servers' tools. */
  readonly pins: StoredPins;
  /** An id for state that belongs to no profile: the same parts give the same id, which reveals none of them. */
  stateId(parts: string[]): Promise<string>;
  /** Where the key is, for `profiles` and `doctor` to show; opens the store. */
  keyPlace(): Promise<KeyPlace>;
  /** Moves the key. @param newPassphrase for `passphrase`: the one from now on */
  move(to: KeyPlace, newPassphrase?: string): Promise<void>;
  /** Says a line to a person, once however often it is said. */
  warn(message: string): void;
  /**
   * Asks a person for the passphrase now, where the store needs one that no variable holds: later a wait for the person
   * would count as a server's. Makes no store.
   */
  unlock(): Promise<void>;
  /** Whether there is a store, readable or not; makes none. */
  exists(): Promise<boolean>;
}

export interface StoreOptions {
  env: Record<string, string | undefined>;
  /** `--store`; `M2MCP_STORE` unless given. */
  choice?: KeyPlace;
  /** Asked for a passphrase that no variable holds. */
  holder?: PassphraseHolder;
  /** Told once what a person should know: an exposed file, a key in a file, a cache that cannot be written. */
  warn(message: string): void;
  keyring?: Keyring;
}

/**
 * The encrypted store. Nothing is opened, asked or made before the first method needs it. Where the folder cannot
 * be written, state lives in memory for this process, with a warning; a profile then is an error.
 */
export function openStore<Profile extends Named, State extends object>(
  options: StoreOptions,
): Store<Profile, State> {
  const { env, choice, holder, keyring = osKeyring(options.env) } = options;
  const paths = storePaths(storeFolder(env));
  const inTurn = createTurns();
  const workLocks = createWorkLocks(paths, inTurn);
  const warn = once(options.warn);
  const exposure = createExposure(paths.folder, warn, env);
  const key = createStoreKey(
    {
      paths,
      passphrase: createPassphrase(paths, env.M2MCP_PASSPHRASE || undefined, holder),
      keyring,
      warn,
      exposure,
      exclusively: (work) => withLock(storeLock(paths), work),
    },
    choice ?? choiceOf(env.M2MCP_STORE),
  );
  const access: StoreAccess = { paths, openKey: key.open, exposure, warn };
  const states = createStates<State>(access, inTurn, workLocks);
  return {
    folder: paths.folder,
    expect: (name) => filesAhead.begin(filesOf(paths, name)),
    readProfile: (name) => readProfile(access, name),
    writeProfile: (profile) => writeProfile(access, profile),
    saveProfile: states.saveProfile,
    removeProfile: states.removeProfile,
    listProfiles: () => listProfiles(access),
    profileNames: () => profileNames(paths),
    readState: states.read,
    updateState: states.update,

    withLock: workLocks.run,
    pins: createStoredPins(access, inTurn),

    async stateId(parts) {
      try {
        return await fingerprint((await key.open()).key, parts);
      } catch (error) {
        if (!isNotWritable(error)) throw error;
        warn(`${error.message}; going on without saving, so tokens are kept in memory only`);
        return NOWHERE;
      }
    },

    keyPlace: async () => (await key.open()).place,
    warn,
    exists: () => exists(paths.description),
    move: key.move,

    async unlock() {
      if (holder === undefined || env.M2MCP_PASSPHRASE) return;
      const found = await readDescription(paths, exposure).catch(() => null);
      // Where nobody can be asked, a run without a store is as good.
      if (found?.place === "passphrase" && holder.isThere()) await key.open();
    },
  };
}

/** All that the store reads for a profile whose key lies in a file. */
const filesOf = (paths: StorePaths, name: string): string[] => [
  sealedFile(paths, profileHeader(name)),
  paths.description,
  paths.key,
  sealedFile(paths, stateHeader(name)),
];

const choiceOf = (text: string | undefined): KeyChoice =>
  text === "keyring" || text === "file" || text === "passphrase" ? text : undefined;

/** Passes each message on once. */
function once(warn: (message: string) => void): (message: string) => void {
  const warned = new Set<string>();
  return (message) => {
    if (warned.has(message)) return;
    warned.add(message);
    warn(message);
  };
}
