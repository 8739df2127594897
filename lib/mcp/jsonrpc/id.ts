import { isRawNumber } from "../../json.ts";
import { memberSource } from "./source-text.ts";

/**
 * A JSON-RPC id as its JSON source text: `1`, `"1"`, `1.0` and `9007199254740993` are four different ids, and each is
 * given back as it was written.
 */
export type Id = string;

interface RawJson {
  rawJSON(source: string): object;
}

/** The id that a JSON value is; undefined where it cannot be one. */
export function idOf(value: unknown): Id | undefined {
  if (typeof value === "string" || typeof value === "number") return JSON.stringify(value);
  return isRawNumber(value) ? JSON.stringify(value) : undefined;
}

/** An id as a member of a message that is built anew: `JSON.stringify` gives its source text back. */
export function idValue(id: Id): unknown {
  const value: unknown = JSON.parse(id);
  return JSON.stringify(value) === id ? value : (JSON as unknown as RawJson).rawJSON(id);
}

/** Whether a server meant this id though it wrote it otherwise: as a text, as a number, or rounded. */
export function isSameId(one: Id, other: Id): boolean {
  if (one === other) return true;
  const [a, b] = [JSON.parse(one), JSON.parse(other)];
  return a === b || String(a) === String(b);
}

/** The id, of those under way, that a server meant: the same, else one that it wrote otherwise; of none, the only one. */
export function idMeant(
  id: Id | null,
  underWay: Pick<ReadonlyMap<Id, unknown>, "has" | "keys" | "size">,
): Id | undefined {
  if (id === null) return underWay.size === 1 ? [...underWay.keys()][0] : undefined;
  if (underWay.has(id)) return id;
  for (const other of underWay.keys()) if (isSameId(id, other)) return other;
  return undefined;
}

/**
 * The source text of the id of one message.
 *
 * @param text the message whole
 * @param value the id as `JSON.parse` read it
 */
export function idSource(text: string, value: string | number): Id {
  if (typeof value === "string") return JSON.stringify(value);
  const plain = String(value);
  let found: string | undefined;
  for (let at = text.indexOf('"id"'); at >= 0; at = text.indexOf('"id"', at + 4)) {
    const source = numberAt(text, at + 4);
    if (source === undefined || Number(source) !== value) continue;
    found ??= source;
    // Another member of that name holds the same number in other words: only the message's own counts.
    if (source !== found) return memberSource(text, "id") ?? plain;
  }
  return found ?? plain;
}

const NUMBER = /\s*:\s*(-?\d[\d.eE+-]*)/y;

function numberAt(text: string, from: number): string | undefined {
  NUMBER.lastIndex = from;
  return NUMBER.exec(text)?.[1];
}

/** Ids of our own for one connection, maybe among a client's: numbers, for there are servers that take no texts. */
export interface Ids {
  next(): Id;
}

/** Above what clients count to, and of 31 bits: servers and hosts of the official Rust SDK before 0.6.3 keep 32 of them. */
const [LEAST, MOST] = [2 ** 24, 2 ** 31 - 1];
const BASES = 2 ** 30;

/** Ids that begin at a random base: processes that share a session must not use the same ones. */
export function createIds(random: () => number = Math.random): Ids {
  let last = LEAST + Math.floor(random() * BASES);
  return {
    next() {
      last = last < MOST ? last + 1 : LEAST;
      return String(last);
    },
  };
}
