import type { JsonObject } from "../../../json.ts";
import { follow } from "../../../timing/linked-abort.ts";
import type { Id } from "../../jsonrpc/id.ts";
import type { RequestMessage } from "../../jsonrpc/message.ts";
import type { Answer } from "../../protocol/answer.ts";
import { metaOf } from "../../protocol/meta.ts";
import type { Call, OnMessage } from "../../protocol/transport.ts";
import type { HeldRequest, Outcome } from "../../translate/input-required.ts";

/** A request at the legacy server, with the client's request that waits for it by now. */
export interface Held {
  state: HeldRequest;
  readonly method: string;
  /** What the client's latest request says of itself. */
  meta: JsonObject;
  /** The token that the server knows; the client's own changes with each round. */
  readonly progressToken: unknown;
  /** The client's request that waits, while one does. */
  waiting: { id: Id; onMessage: OnMessage; settle(outcome: Outcome): void } | undefined;
  /** Ends the window in which questions are collected, or the wait for the retry. */
  timer: ReturnType<typeof setTimeout> | undefined;
  /** Cancels the request at the server. */
  readonly cancel: AbortController;
}

/** A request of the client's that is about to be sent. */
export function heldFor(message: RequestMessage): Held {
  const meta = metaOf(message);
  return {
    state: { kind: "running" },
    method: message.method,
    meta,
    progressToken: meta.progressToken,
    waiting: undefined,
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
