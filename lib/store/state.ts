import { M2mcpError } from "../failure.ts";
import { isNotWritable } from "../platform/errors.ts";
import { removeFile } from "../platform/files/files.ts";
import type { FileContent } from "../platform/files/read-file.ts";
import { lockLost } from "./errors.ts";
import type { Lease } from "./locks/lock.ts";
import type { InTurn } from "./locks/turns.ts";
import { withLock } from "./locks/with-lock.ts";
import type { WorkLocks } from "./locks/work-locks.ts";
import { pinsHeader, sealedFile, stateHeader, workLock, writeLock } from "./paths.ts";
import { checkedHeader, type Named, writeProfile } from "./profiles.ts";
import { isOfRemoved, readSealedFile, type StoreAccess, unsealFile, writeSealed } from "./sealed-files.ts";
import type { Header } from "./vault.ts";

/** Stands for state where no store could be opened; a plus is in no profile's name. */
export const NOWHERE = "+memory";

/** State that could not be written: it counts for as long as its file holds what it held then. */
interface Unwritten<S> {
  state: S;
  over: FileContent | null;
}

export type Change<S> = (old: Partial<S>) => S;

/** Cached state by id: in its file, or in memory for as long as the file cannot be written. */
interface States<S> {
  access: StoreAccess;
  workLocks: WorkLocks;
  /** The state of all other ids is in their files. */
  inMemory: Map<string, Unwritten<S>>;
  /** Told once for all ids: they lie in one folder. */
  isUnwritable: boolean;
}

/** @param workLocks tell whether work that changes state was overtaken: what it comes to is not written then */
export function createStates<S extends object>(access: StoreAccess, inTurn: InTurn, workLocks: WorkLocks) {
  const states: States<S> = { access, workLocks, inMemory: new Map(), isUnwritable: false };
  return {
    read: async (id: string): Promise<S | null> => (await lookUp(states, id)).state,
    update: (id: string, change: Change<S>): Promise<void> =>
      inTurn(`write ${id}`, () => update(states, id, change)),
    /** Writes a profile and its state, which takes the place of what was known before. */
    saveProfile: (profile: Named, state: S): Promise<void> =>
      inTurn(`write ${profile.name}`, () => saveProfile(states, profile, state)),
    /** Removes a profile and its state; false when there was none. */
    removeProfile: async (name: string): Promise<boolean> => {
      const header = checkedHeader(name);
      return inTurn(`write ${name}`, () => removeProfile(states, name, header));
    },
  };
}

/** State that counts, and the file that it was read from or counts in place of. */
async function lookUp<S extends object>(
  { access, inMemory }: States<S>,
  id: string,
): Promise<{ found: FileContent | null; state: S | null }> {
  const kept = inMemory.get(id);
  if (id === NOWHERE) return { found: null, state: kept?.state ?? null };
  const reading = readSealedFile(access, stateHeader(id));
  const found = kept ? await reading.catch(() => kept.over) : await reading;
  if (kept && isSame(found, kept.over)) return { found, state: kept.state };
  // Another process could write again: what it wrote is newer.
  inMemory.delete(id);
  return { found, state: found && (await unsealed<S>(access, id, found)) };
}

async function unsealed<S>(access: StoreAccess, id: string, found: FileContent): Promise<S | null> {
  try {
    return (await unsealFile(access, stateHeader(id), found)) as S;
  } catch (error) {
    if (!(error instanceof M2mcpError) || error.code !== "damaged") throw error;
    const file = sealedFile(access.paths, stateHeader(id));
    // It is a cache: what it held is asked for anew.
    access.warn(`${file} is damaged; the tokens in it are asked for anew`);
    return null;
  }
}

async function update<S extends object>(states: States<S>, id: string, change: Change<S>): Promise<void> {
  const { paths, warn } = states.access;
  if (id === NOWHERE) return keepInMemory(states, id, change);
  try {
    await withLock(writeLock(paths, id), (lease) => writeChanged(states, id, change, lease));
    states.isUnwritable = false;
    await (await import("./prune.ts")).prune(paths, Date.now());
  } catch (error) {
    if (!isNotWritable(error)) throw error;
    if (!states.isUnwritable)
      warn(`${error.message}; going on without saving, so tokens are kept in memory only`);
    states.isUnwritable = true;
    await keepInMemory(states, id, change);
  }
}

async function keepInMemory<S extends object>(
  states: States<S>,
  id: string,
  change: Change<S>,
): Promise<void> {
  const { found, state } = await lookUp(states, id).catch(() => ({ found: null, state: null }));
  states.inMemory.set(id, { state: change(state ?? {}), over: found });
}

async function writeChanged<S extends object>(
  states: States<S>,
  id: string,
  change: Change<S>,
  lease: Lease,
): Promise<void> {
  const { access, workLocks, inMemory } = states;
  const { paths } = access;
  // It comes of work that another process has taken over: what that one wrote is newer.
  if (await workLocks.isOvertaken(id)) return;
  if (await isOfRemoved(paths, id)) return keepInMemory(states, id, change);
  const { state } = await lookUp(states, id);
  await writeSealed(access, stateHeader(id), change(state ?? {}), async () => {
    await lease.confirm();
    if (await workLocks.isOvertaken(id)) throw lockLost(workLock(paths, id));
  });
  if (inMemory.delete(id)) access.warn(`${paths.folder} can be written again, so tokens are saved again`);
}

/**
 * Under the lock, and the old state goes first: whatever ends this in between, no profile is left beside the tokens of
 * another one. Where there is no place for locks, the profile itself tells.
 */
async function saveProfile<S extends object>(states: States<S>, profile: Named, state: S): Promise<void> {
  const { access, inMemory } = states;
  const { paths } = access;
  const header = checkedHeader(profile.name);
  try {
    await withLock(writeLock(paths, header.name), async (lease) => {
      await lease.confirm();
      await removeFile(sealedFile(paths, stateHeader(header.name)));
      inMemory.delete(header.name);
      await writeProfile(access, profile);
    });
  } catch (error) {
    if (!isNotWritable(error)) throw error;
    await writeProfile(access, profile);
  }
  await update(states, header.name, () => state);
}

/**
 * Under the lock: a bridge that writes state at this moment must not bring it back. Where there is no place for locks, as
 * on a full disk, nobody writes state either.
 */
async function removeProfile<S extends object>(
  { access: { paths }, inMemory }: States<S>,
  name: string,
  header: Header,
): Promise<boolean> {
  let removed = false;
  const remove = async (): Promise<void> => {
    removed = (await removeFile(sealedFile(paths, header))) || removed;
    await removeFile(sealedFile(paths, stateHeader(name)));
    await removeFile(sealedFile(paths, pinsHeader(name)));
    inMemory.delete(name);
  };
  try {
    await withLock(writeLock(paths, name), (lease) => lease.confirm().then(remove));
  } catch (error) {
    if (!isNotWritable(error)) throw error;
    await remove();
  }
  return removed;
}

const isSame = (one: FileContent | null, other: FileContent | null) =>
  one === other || (one !== null && other !== null && one.bytes.equals(other.bytes));
