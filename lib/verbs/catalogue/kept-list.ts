import { isObject, type JsonObject } from "../../json.ts";

/** What a server lists and calls need to be checked and completed: the key of the result, and of the cache. */
export type ListKind = "tools" | "prompts";

export const LIST_METHODS: Readonly<Record<ListKind, string>> = {
  tools: "tools/list",
  prompts: "prompts/list",
};

/** Which list a server says to have changed. */
export const CHANGED: Readonly<Record<string, ListKind>> = {
  "notifications/tools/list_changed": "tools",
  "notifications/prompts/list_changed": "prompts",
};

/** A list as a server gave it, without what only a reader of the whole list wants. */
export interface KeptList {
  items: JsonObject[];
  /** When its last page came, in ms since 1970. */
  keptAtMs: number;
  /** For how long after that it counts, in ms. */
  freshMs: number;
}

export type KeptLists = Partial<Record<ListKind, KeptList>>;

/** How long a list counts whose server does not say (`ttlMs` came with MCP 2026-07-28), in ms. */
const UNSAID_MS = 3_600_000;
/**
 * And one whose server says 0, in ms. SDKs say that of every list unless told otherwise; a client may then ask each time
 * and need not. Here a list that is out of date costs a request and no harm: what it refuses is put to a new one.
 */
const ZERO_MS = 300_000;
/** And at most, whatever a server says, in ms. */
const LONGEST_MS = 24 * 3_600_000;
/** Members of a tool or a prompt that are kept. */
const KEPT = ["name", "title", "description", "inputSchema", "annotations", "execution", "arguments"];

/**
 * How long a list counts by the hints of its pages, in ms: of several the shortest (MCP 2026-07-28 "Caching").
 *
 * @param ttls `ttlMs` of each page; a negative one and what is no number count as 0, undefined as not said
 */
export function freshFor(ttls: readonly unknown[]): number {
  const said = ttls.map((ttl) =>
    ttl === undefined ? UNSAID_MS : typeof ttl === "number" && ttl > 0 ? ttl : ZERO_MS,
  );
  return Math.min(LONGEST_MS, ...said);
}

/** Whether a list still counts. A clock that was set back ends it. */
export const isFresh = ({ keptAtMs, freshMs }: KeptList, nowMs: number): boolean =>
  nowMs >= keptAtMs && nowMs < keptAtMs + freshMs;

/** Age at which a list is kept anew though it is the same, as a part of the time that it counts. */
const RENEWED_AFTER = 0.1;

/** Whether a list that is kept says what a newer one would, and nearly for as long: writing costs more than asking. */
export const saysTheSame = (kept: KeptList, newer: KeptList): boolean =>
  kept.freshMs === newer.freshMs &&
  kept.keptAtMs <= newer.keptAtMs &&
  // One that counts for no time is there for completion alone.
  (kept.freshMs === 0 || newer.keptAtMs - kept.keptAtMs <= RENEWED_AFTER * kept.freshMs) &&
  JSON.stringify(kept.items) === JSON.stringify(newer.items);

/** The part of an item that is kept. */
export function keptPart(item: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const key of KEPT) if (item[key] !== undefined) kept[key] = item[key];
  return kept;
}

/** The item of this name; undefined where there is none. */
export const itemNamed = (items: readonly JsonObject[], name: string): JsonObject | undefined =>
  items.find((item) => item.name === name);

/** The names of items; of one without a name none. */
export const namesOf = (items: readonly JsonObject[]): string[] =>
  items.flatMap(({ name }) => (typeof name === "string" ? [name] : []));

/** Lists out of the store, whatever a version before has put there. */
export function readLists(value: unknown): KeptLists {
  if (!isObject(value)) return {};
  const lists: KeptLists = {};
  for (const kind of ["tools", "prompts"] as const) {
    const list = value[kind];
    if (isObject(list) && Array.isArray(list.items)) lists[kind] = list as unknown as KeptList;
  }
  return lists;
}
