import type { AuthState, Credentials } from "../auth/credentials.ts";
import type { ServerMemory } from "../mcp/protocol/endpoint.ts";

/** A saved connection, written `@name`. Secrets within; always encrypted at rest. */
export interface Profile {
  name: string;
  /** URL of the MCP endpoint. */
  server: string;
  /** Absent for a server that asks for no token, and for a profile that borrows a login. */
  credentials?: Credentials;
  /** Name of the profile whose credentials and token this one uses (`connect` after `login`). */
  login?: string;
  /** Extra headers for MCP requests, as given: `${VAR}` is taken from the environment at use. */
  headers?: [name: string, value: string][];
  /** Protocol version pinned with --protocol. */
  protocol?: string;
  /** Hosts for which plain http was allowed out loud (--allow-http). */
  allowHttp?: string[];
  /** Path of a PEM file with further certificate authorities (--ca). */
  ca?: string;
  createdAtMs: number;
}

/** What is cached for one profile or one set of credentials from the environment. */
export interface State {
  auth?: AuthState;
  /** Of versions before, which kept one memory for all servers of a login: not read any more. */
  server?: ServerMemory;
  /** What is remembered of each MCP server that these credentials are used with, by address, latest last. */
  servers?: Record<string, ServerMemory>;
}

/** Where the store's key is kept. */
export type KeyPlace = "keyring" | "passphrase" | "file";

/** Encrypted storage of profiles and state. All methods throw store errors (exit 5) that name the file. */
export interface Store {
  /** Null when there is no such profile. */
  readProfile(name: string): Promise<Profile | null>;
  /** Atomic; replaces an existing one. */
  writeProfile(profile: Profile): Promise<void>;
  /** Removes the profile and its state; false when there was none. */
  removeProfile(name: string): Promise<boolean>;
  /** All that can be read, sorted by name, and the files that could not. */
  listProfiles(): Promise<{ profiles: Profile[]; unreadable: { file: string; error: Error }[] }>;
  /** Null when nothing is cached. */
  readState(id: string): Promise<State | null>;
  /**
   * Read, change and write under a short lock of its own, so that parallel processes lose nothing. What cannot be
   * written, or belongs to a profile that is gone, stays in memory; the next change tries to write it again.
   */
  updateState(id: string, change: (old: State) => State): Promise<void>;
  /** Runs `work` while no other process runs work for the same id. */
  withLock<T>(id: string, work: () => Promise<T>): Promise<T>;
  /** An id for state that belongs to no profile: the same parts give the same id, which reveals none of them. */
  stateId(parts: string[]): Promise<string>;
  /** Where the key is, for `profiles` and `doctor` to show; opens the store. */
  keyPlace(): Promise<KeyPlace | "memory">;
}
