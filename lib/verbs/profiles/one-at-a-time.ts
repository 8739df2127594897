import type { Store } from "../target/saved.ts";

/**
 * Reads a profile, changes it and writes it while no other command does: what another one sets meanwhile is not lost, and
 * what it removes does not come back. Nobody is asked within: others wait.
 */
export const oneAtATime = <T>(store: Store, name: string, work: () => Promise<T>): Promise<T> =>
  // A plus is in no profile's name: tokens are asked for under that.
  store.withLock(`${name}+settings`, work);
