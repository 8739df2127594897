import type { JsonObject } from "../../../json.ts";
import { exactResult } from "../../jsonrpc/message.ts";
import type { Continued } from "../../protocol/transport.ts";
import { InputRefused } from "./client-input.ts";
import { readContinuation } from "./continuation.ts";

/** The round whose question was answered at another process than it was asked: what is left of it is asked here. */
export async function restOfRound(
  { from, response }: Continued,
  gather: (wanted: JsonObject, requestState: unknown, responses: JsonObject) => Promise<JsonObject>,
): Promise<JsonObject> {
  const round = readContinuation(from);
  if (!round || !response) return {};
  if (response.error) throw new InputRefused(response.error);
  const { requestState, key, rest } = round;
  const responses = { ...round.responses, [key]: exactResult(response) };
  return {
    inputResponses: await gather(rest, requestState, responses),
    ...(requestState === undefined ? {} : { requestState }),
  };
}
