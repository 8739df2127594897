// A request that another process has begun at a legacy server, and is gone on with here (MCP 2025-11-25 "Resumability and
// Redelivery").
import type { JsonObject } from "../../../json.ts";
import { isObject } from "../../../json.ts";
import { streamCut } from "../../../net/errors.ts";
import { idValue } from "../../jsonrpc/id.ts";
import { notification, type RequestMessage, request, resultResponse } from "../../jsonrpc/message.ts";
import { answered } from "../../protocol/answer.ts";
import { callGivenUp } from "../../protocol/errors.ts";
import type { OnMessage } from "../../protocol/transport.ts";
import { keyOf, type Outcome } from "../../translate/input-required.ts";
import type { Continuation } from "./continuation.ts";
import type { Held } from "./held-request.ts";

export interface TakingUp {
  /** The server, for what is told of it. */
  host: string;
  /** What the client's retry brings. */
  responses: JsonObject;
  onMessage: OnMessage;
  /** Takes a question that the client has left open. */
  askAgain(question: RequestMessage): void;
  onFinished(outcome: Outcome): void;
}

/**
 * Resumes the stream of a request, and gives the server the answers that it awaits. Where its stream is not to be had, the
 * answers are not given: nobody would hear what comes of them. Never rejects.
 */
export async function takeUp(
  held: Held,
  from: Extract<Continuation, { kind: "open" }>,
  { host, responses, onMessage, askAgain, onFinished }: TakingUp,
): Promise<void> {
  const { at, id, cancel } = held;
  const over = new AbortController();
  const giveUp = () =>
    at.transport.notify(notification("notifications/cancelled", { requestId: idValue(id) }));
  cancel.signal.addEventListener("abort", () => {
    void giveUp();
    over.abort();
  });
  let isGranted = false;
  const onGranted = () => {
    if (isGranted) return;
    isGranted = true;
    for (const input of from.inputs) {
      const result = responses[keyOf(input)];
      if (isObject(result)) void at.transport.respond(resultResponse(input.id, result));
      else askAgain(request(input.id, input.method, input.params));
    }
  };
  const { lastEventId } = from;
  if (lastEventId !== undefined && at.stream)
    await at
      .stream({
        lastEventId,
        signal: over.signal,
        onGranted,
        async onMessage(message) {
          if (message.kind !== "response") return onMessage(message);
          if (message.id !== id) return;
          onFinished({ kind: "answer", answer: answered(message) });
          over.abort();
        },
        onEventId(now) {
          held.lastEventId = now;
        },
      })
      .catch(() => undefined);
  if (!over.signal.aborted) {
    await giveUp();
    onFinished({ kind: "failure", error: isGranted ? streamCut(host) : callGivenUp() });
  } else if (cancel.signal.aborted) onFinished({ kind: "failure", error: cancel.signal.reason });
  await at.transport.close("leave");
}
