import type { JsonObject } from "../../../json.ts";
import type { Id } from "../../jsonrpc/id.ts";
import {
  errorResponse,
  exactResult,
  INVALID_PARAMS,
  type ResponseMessage,
  type RpcError,
  resultResponse,
} from "../../jsonrpc/message.ts";
import { type Answer, answered, errorIn, refused } from "../../protocol/answer.ts";
import { META_CAPABILITIES } from "../../protocol/meta.ts";
import { judge } from "../../protocol/verdict.ts";
import { URL_REQUIRED } from "../../protocol/versions.ts";
import { type Input, keyOf, type Outcome } from "../../translate/input-required.ts";
import { completeResult, modernError, modernInput } from "../../translate/to-modern.ts";
import { urlVisits } from "../../translate/url-visits.ts";
import { afterVisit } from "./continuation.ts";
import type { Held } from "./held-request.ts";

/** The answer to the client's request that carries questions of the server's (MCP 2026-07-28 `InputRequiredResult`). */
export function inputRequired(
  id: Id,
  inputs: readonly Input[],
  requestState: string,
  continuation: JsonObject | undefined,
): Answer {
  const inputRequests = Object.fromEntries(
    inputs.map((input) => [keyOf(input), { method: input.method, params: modernInput(input.params) }]),
  );
  const asking = resultResponse(id, { resultType: "input_required", inputRequests, requestState });
  return answered(continuation ? { ...asking, continuation } : asking);
}

/** What the translation needs besides the request. */
export interface OutcomeContext {
  /** As the server gave it in its handshake. */
  serverInfo: unknown;
  /** Keeps an error that asks for a visit to an address. @returns the `requestState` of the retry after the visit */
  retryAfterVisit(error: RpcError): string;
}

/** What the server said, as a modern server would say it to the client's request that waits. */
export function modernOutcome(held: Held, outcome: Outcome, context: OutcomeContext): Outcome {
  const id = held.waiting?.id;
  if (outcome.kind === "failure" || id === undefined) return outcome;
  const { answer } = outcome;
  const error = errorIn(answer);
  // A visit is asked for, whatever status some give it.
  if (error && (answer.kind === "response" || error.code === URL_REQUIRED))
    return { kind: "answer", answer: answered(errorFor(held, id, error, context)) };
  if (answer.kind === "refused") {
    // One that tells of another era is first asked about, in its own words.
    const isOtherEra =
      judge({ era: "legacy", method: held.method, proven: true }, answer).kind === "other_era";
    return {
      kind: "answer",
      answer: error && !isOtherEra ? { ...answer, error: modernError(error) } : answer,
    };
  }
  const result = completeResult(held.method, exactResult(answer.message), context.serverInfo);
  return { kind: "answer", answer: answered(resultResponse(id, result)) };
}

/** An error for the client; the one that asks for a visit to an address becomes `input_required`. */
function errorFor(held: Held, id: Id, error: RpcError, context: OutcomeContext): ResponseMessage {
  const wanted = urlVisits(error, held.meta[META_CAPABILITIES]);
  if (!wanted) return errorResponse(id, modernError(error));
  if ("error" in wanted) return errorResponse(id, wanted.error);
  const requestState = context.retryAfterVisit(error);
  const asking = resultResponse(id, { resultType: "input_required", ...wanted, requestState });
  return { ...asking, continuation: afterVisit(error) };
}

/** The answer to a retry whose state was never given, or whose request has ended. */
export const unknownState = (): Answer =>
  refused(400, {
    code: INVALID_PARAMS,
    message: "requestState is not known: the call it belongs to has ended; call again",
  });

/** The answer to a retry whose user would not visit the address that the error names. */
export const declined = ({ message, data }: RpcError): Answer =>
  refused(400, { code: INVALID_PARAMS, message: `${message}; it was declined`, data });
