import { isObject, type JsonObject } from "../../json.ts";
import { invalidAnswer } from "../../net/errors.ts";
import { backoffMs } from "../../timing/backoff.ts";
import { sleep } from "../../timing/sleep.ts";
import { exactResult } from "../jsonrpc/message.ts";
import type { Answer } from "../protocol/answer.ts";

/** Rounds of input that one request may ask for; a server that asks on and on is stopped. */
const MAX_ROUNDS = 32;
/** First wait before a request is made again for which the server wants no input, in ms. */
const AGAIN_MS = 100;

export interface RoundsOptions {
  /** Sends the request with these params; each round under an id of its own. */
  send(params: JsonObject): Promise<Answer>;
  /**
   * Answers to the questions of one round.
   *
   * @param requestState what the server wants back with them
   */
  gather(inputRequests: JsonObject, requestState: unknown): Promise<JsonObject>;
  /** What comes of the round that was begun elsewhere, as part of the params. */
  continued?: (() => Promise<JsonObject>) | undefined;
  signal: AbortSignal;
  /** The server, for what is told of it. */
  host: string;
}

/**
 * Carries one request through its rounds of input (MCP 2026-07-28 "Multi Round-Trip Requests"), to its last answer.
 *
 * @throws M2mcpError when there are too many, or one names nothing; and what `send` and `gather` throw
 */
export async function throughRounds(
  given: JsonObject,
  { send, gather, signal, host, continued }: RoundsOptions,
): Promise<Answer> {
  let params = continued ? { ...given, ...(await continued()) } : given;
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const answer = await send(params);
    if (answer.kind === "refused" || answer.message.result?.resultType !== "input_required") return answer;
    const { inputRequests, requestState } = exactResult(answer.message);
    // To send that again would carry the call out again, for nothing (MCP 2026-07-28 "Multi Round-Trip Requests").
    if (!isObject(inputRequests) && requestState === undefined)
      throw invalidAnswer(host, "it requires input, and names neither which nor a state");
    const isAsking = isObject(inputRequests) && Object.keys(inputRequests).length > 0;
    // A server that wants nothing but to be asked again is given a little time.
    if (!isAsking) await sleep(backoffMs(round, AGAIN_MS), signal);
    signal.throwIfAborted();
    // Only what the server gave last may be sent back, exactly as it was.
    params = {
      ...given,
      ...(isAsking ? { inputResponses: await gather(inputRequests, requestState) } : {}),
      ...(requestState === undefined ? {} : { requestState }),
    };
  }
  throw invalidAnswer(host, `it asked for input more than ${MAX_ROUNDS} times`);
}
