import { type JsonObject, objectOf } from "../../../json.ts";
import { addLatest } from "../../../keep-latest.ts";
import { follow } from "../../../timing/linked-abort.ts";
import type { Timer } from "../../../timing/timer.ts";
import type { Id } from "../../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  type RequestMessage,
  request,
} from "../../jsonrpc/message.ts";
import type { Answer } from "../../protocol/answer.ts";
import type { Call, OnMessage } from "../../protocol/transport.ts";
import type { HeldRequest, Outcome } from "../../translate/input-required.ts";
import { withoutModernMeta } from "../../translate/to-legacy.ts";
import type { SessionTransport } from "../era-transport.ts";

/** A request at the legacy server, with the client's request that waits for it by now. */
export interface Held {
  state: HeldRequest;
  /** The session that it is under way in, and its id there. */
  readonly at: SessionTransport;
  readonly id: Id;
  /** Where its stream can be resumed, as far as the server says so. */
  lastEventId: string | undefined;
  readonly method: string;
  /** What the client's latest request says of itself. */
  meta: JsonObject;
  /** The token that the server knows: ours. The client's own changes with each round. */
  readonly progressToken: unknown;
  /** The client's request that waits, while one does. */
  waiting: { id: Id; onMessage: OnMessage; settle(outcome: Outcome): void } | undefined;
  /** What was said of it while none waited: the next one hears that first. */
  readonly unheard: Set<NotificationMessage>;
  /** Ends the window in which questions are collected, or the wait for the retry. */
  timer: Timer | undefined;
  /** Cancels the request at the server. */
  readonly cancel: AbortController;
}

/** How much of what is said of one request between two of the client's is kept for the second. */
const MOST_UNHEARD = 100;

/** Tells the client's request that waits, or the next one that does. */
export function tellWaiting(held: Held, message: NotificationMessage): Promise<void> {
  if (held.waiting) return held.waiting.onMessage(message);
  addLatest(held.unheard, message, MOST_UNHEARD);
  return Promise.resolve();
}

/**
 * A request of the client's as the server gets it: its id is ours, and the token of its progress, for clients that share the
 * session may choose the same (MCP 2025-11-25 "Progress").
 */
export function asSent({ id, progressToken }: Held, message: RequestMessage): RequestMessage {
  const params = withoutModernMeta(exactParams(message));
  const meta = objectOf(params._meta);
  const isTracked = meta.progressToken !== undefined;
  const sent = isTracked ? { ...params, _meta: { ...meta, progressToken } } : params;
  return request(id, message.method, sent);
}

/** What a request says of itself, with each number as it is written. */
export const saidOf = (message: RequestMessage): JsonObject => objectOf(exactParams(message)._meta);

/** A request of the client's that is about to be sent, or was at another process. */
export function heldFor(
  message: RequestMessage,
  { at, id, progressToken }: Pick<Held, "at" | "id" | "progressToken">,
): Held {
  return {
    state: { kind: "running" },
    at,
    id,
    lastEventId: undefined,
    method: message.method,
    meta: saidOf(message),
    progressToken,
    waiting: undefined,
    unheard: new Set(),
    timer: undefined,
    cancel: new AbortController(),
  };
}

/**
 * Lets a request of the client's wait for what comes of the held one: its answer, or the questions of a round. Where the
 * client cancels it, the held one is cancelled too.
 */
export function nextAnswer(held: Held, { message, signal, onMessage }: Call): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const unlink = follow(signal, held.cancel);
    held.waiting = {
      id: message.id,
      onMessage,
      settle(outcome) {
        unlink();
        held.waiting = undefined;
        if (outcome.kind === "failure") reject(outcome.error);
        else resolve(outcome.answer);
      },
    };
  });
}
