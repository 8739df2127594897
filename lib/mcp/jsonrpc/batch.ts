import { asString, type Text } from "./bytes.ts";
import type { Id } from "./id.ts";
import { type Message, PARSE_ERROR } from "./message.ts";
import type { Unreadable } from "./parse.ts";

/**
 * Answers to the members of batches (MCP 2025-03-26 "Batching", JSON-RPC 2.0 §6): a batch is answered by one array,
 * once all its requests have their answers. Server messages that are no answers do not wait for it.
 */
export interface Batches {
  /**
   * A batch was read.
   * @param ids of its requests
   * @param errors answers that are at hand, for members that are no message
   * @returns the line to write at once, if nothing is to wait for
   */
  open(ids: Id[], errors: Text[]): Text | undefined;
  /** An answer is at hand: the line to write, which is the answer itself for requests outside batches. */
  answer(id: Id, text: Text): Text | undefined;
  /** A request needs no answer any more (it was cancelled): the line to write, if the batch is now complete. */
  drop(id: Id): Text | undefined;
}

/**
 * Whether a line is a batch, given what was read from it. An array that is empty or no JSON is none: it is answered by
 * a single error (JSON-RPC 2.0 §6).
 */
export function isBatch(text: Text, [only]: readonly (Message | Unreadable)[]): boolean {
  const isArray = typeof text === "string" ? text.startsWith("[") : text[0] === LEFT_BRACKET;
  if (!isArray || only?.kind !== "unreadable") return isArray;
  return only.error.code !== PARSE_ERROR && !/^\[\s*\]$/.test(asString(text));
}

const LEFT_BRACKET = 0x5b;

interface Batch {
  waiting: Set<Id>;
  texts: Text[];
}

/** The batches of one client; none is open yet. */
export function createBatches(): Batches {
  const byId = new Map<Id, Batch>();
  const lineOf = ({ waiting, texts }: Batch) =>
    waiting.size === 0 && texts.length > 0 ? `[${texts.map(asString).join(",")}]` : undefined;
  const leave = (id: Id): Batch | undefined => {
    const batch = byId.get(id);
    byId.delete(id);
    batch?.waiting.delete(id);
    return batch;
  };
  return {
    open(ids, errors) {
      const batch: Batch = { waiting: new Set(ids), texts: [...errors] };
      for (const id of ids) byId.set(id, batch);
      return lineOf(batch);
    },
    answer(id, text) {
      const batch = leave(id);
      if (!batch) return text;
      batch.texts.push(text);
      return lineOf(batch);
    },
    drop(id) {
      const batch = leave(id);
      return batch && lineOf(batch);
    },
  };
}
