// What servers have listed, kept for later calls and for completion.
import { isDeeper, type JsonObject } from "../../json.ts";
import { sha256 } from "../../platform/runtime/digest.ts";
import type { IO } from "../../ui/io.ts";
import { expandHeaders } from "../target/headers.ts";
import type { Target } from "../target/target.ts";
import {
  freshFor,
  type KeptList,
  type KeptLists,
  keptPart,
  type ListKind,
  readLists,
  saysTheSame,
} from "./kept-list.ts";

/** Lists by other headers than those of now that are kept beside: some differ with each command. */
const MOST_OTHERS = 3;
/** Longest list that is kept, in characters of JSON: reading a longer one costs more than asking for it. */
const MAX_LENGTH = 4 * 1024 * 1024;
/** Levels of a list that is kept: nobody means more, and the runtime takes seconds to write what is nested without measure. */
const DEEPEST = 1000;

/** What this and earlier commands have seen of a server's lists. Never rejects: it is a cache. */
export interface Catalogue {
  read(): Promise<KeptLists>;
  /** Keeps a whole list. @param ttls the `ttlMs` of its pages */
  keep(kind: ListKind, items: readonly JsonObject[], ttls: readonly unknown[]): Promise<void>;
  /** From now on the list is asked for again; its names are still good for completion. */
  expire(kind: ListKind): Promise<void>;
}

/**
 * The catalogue of a target, in a file of its own beside the state, so that commands that need none do not read it. It
 * is found by server and credentials, then by headers: what one caller was shown is no other's (`cacheScope` "private").
 */
export function catalogueOf(
  { store, server, credentials, headers, policies }: Target,
  { env, now }: IO,
): Catalogue {
  let known: Promise<KeptLists> | undefined;
  let id: Promise<string> | undefined;
  const place = () => {
    id ??= (async () => store.stateId(["lists", server, JSON.stringify(credentials)]))();
    return id;
  };
  // A list that hides tools is no list for who may use them.
  // Headers may hold a secret: what is kept shows none.
  const by = () => sha256(JSON.stringify([expandHeaders(headers, env), policies]), "base64url").slice(0, 22);
  const read = () => {
    known ??= place()
      .then((at) => store.readState(at))
      .then(
        (state) => readLists(state?.lists?.[by()]),
        () => ({}),
      );
    return known;
  };
  const change = async (kind: ListKind, next: (old: KeptList | undefined) => KeptList | undefined) => {
    const old = await read();
    const list = next(old[kind]);
    if (list === old[kind]) return;
    known = Promise.resolve({ ...old, [kind]: list });
    await place()
      .then((at) =>
        store.updateState(at, (state) => {
          const { [by()]: mine, ...others } = state.lists ?? {};
          const kept = Object.entries(others).slice(-MOST_OTHERS);
          return { ...state, lists: { ...Object.fromEntries(kept), [by()]: { ...mine, [kind]: list } } };
        }),
      )
      .catch(() => {});
  };
  return {
    read,
    async keep(kind, items, ttls) {
      const kept = items.map(keptPart);
      const list = { items: kept, keptAtMs: now(), freshMs: freshFor(ttls) };
      await change(kind, (old) => {
        if (!isShort(kept)) return undefined;
        return old && saysTheSame(old, list) ? old : list;
      });
    },
    expire(kind) {
      // Another process may have kept one since.
      known = undefined;
      return change(kind, (old) => (old === undefined || old.freshMs === 0 ? old : { ...old, freshMs: 0 }));
    },
  };
}

/** Whether a list is short enough to be kept: what is nested deeper than anybody means is not. */
const isShort = (value: unknown): boolean =>
  !isDeeper(value, DEEPEST) && JSON.stringify(value).length <= MAX_LENGTH;
