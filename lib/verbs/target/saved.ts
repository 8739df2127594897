// What the store keeps, in the terms of `auth` and `mcp`: the one place where the three meet.
import type { AuthState, TokenOrigin } from "../../auth/credentials.ts";
import type { ServerMemory } from "../../mcp/protocol/endpoint.ts";
import {
  type CachedState,
  createMemoryCache,
  createStateCache,
  type MemoryCache as MemoryCacheOf,
  type StateCache,
} from "../../store/state-cache.ts";
import { openStore, type Store as StoreOf } from "../../store/store.ts";
import type { KeptLists } from "../catalogue/kept-list.ts";

/** A saved connection, written `@name`. Secrets within; always encrypted at rest. */
export interface Profile {
  name: string;
  /** URL of the MCP endpoint. */
  server: string;
  /** Absent for a server that asks for no token, and for a profile that borrows a login. */
  credentials?: TokenOrigin;
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
  /** Where its tokens are shared with other machines (--cache), as given. */
  cache?: string;
  /** Silence after which the server counts as gone, in ms, where the user gives no other limit. */
  timeoutMs?: number;
  /** Which tools may be used (--allow-tool, --deny-tool, --read-only, --pin). */
  tools?: ToolPolicy;
  createdAtMs: number;
}

/** Which tools of a server may be used, as it is kept; each of them narrows what the others leave. */
export interface ToolPolicy {
  /** Patterns of names, one of which must suit. */
  allow?: string[];
  /** Patterns of names, none of which may suit. */
  deny?: string[];
  readOnly?: true;
  pin?: true;
}

export type State = CachedState<AuthState, ServerMemory> & {
  /** Tools and prompts of one server, in state of their own; by the headers that they were asked for with. */
  lists?: Record<string, KeptLists>;
};
export type Cache = StateCache<AuthState, ServerMemory>;
export type MemoryCache = MemoryCacheOf<AuthState, ServerMemory>;
export type Store = StoreOf<Profile, State>;

export const openProfileStore = openStore<Profile, State>;
export const createCache = createStateCache<AuthState, ServerMemory>;
export const memoryCache = createMemoryCache<AuthState, ServerMemory>;
