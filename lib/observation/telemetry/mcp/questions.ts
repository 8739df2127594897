import type { Attributes } from "@opentelemetry/api";
import type { Id } from "../../../mcp/jsonrpc/id.ts";
import type { Current } from "../current.ts";
import type { MessageSpan } from "./spans.ts";

/** Questions of one server that wait for an answer at once; of more, the oldest is taken to be given up. */
const MOST_OPEN = 1000;
const GIVEN_UP: Attributes = { "error.type": "cancelled" };

/** Requests of a server's that wait for their answer. */
export interface Questions {
  /** @param of the call that it is asked in */
  ask(id: Id, of: Current | undefined, spans: readonly MessageSpan[]): void;
  has(id: Id): boolean;
  answer(id: Id, failed: Attributes): void;
  giveUp(id: Id): void;
  /** All those of a call, or of the connection. */
  giveUpAll(of?: Current): void;
}

/** None waits yet. */
export function createQuestions(): Questions {
  const open = new Map<Id, { of: Current | undefined; spans: readonly MessageSpan[] }>();
  function answer(id: Id, failed: Attributes): void {
    const question = open.get(id);
    open.delete(id);
    for (const span of question?.spans.toReversed() ?? []) span.end(failed);
  }
  const giveUp = (id: Id) => answer(id, GIVEN_UP);
  return {
    ask(id, of, spans) {
      giveUp(id);
      open.set(id, { of, spans });
      const [oldest] = open.keys();
      if (open.size > MOST_OPEN && oldest !== undefined) giveUp(oldest);
    },
    has: (id) => open.has(id),
    answer,
    giveUp,
    giveUpAll(of) {
      if (open.size === 0) return;
      for (const [id, question] of open) if (of === undefined || question.of === of) giveUp(id);
    },
  };
}
