import { errorResponse, METHOD_NOT_FOUND } from "../jsonrpc/message.ts";
import { type Answer, answered } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { isAway, type Member, type MergedContext } from "./context.ts";
import { sendTo } from "./sending.ts";

/** What the first of these servers answers that has a good answer; else what the first of them said. */
export async function firstOf(
  context: MergedContext,
  call: Call,
  members: readonly Member[],
  isGood: (answer: Answer) => boolean,
  what: string,
): Promise<Answer> {
  let last: Answer | undefined;
  let failure: unknown;
  for (const member of members.some((one) => !isAway(one))
    ? members.filter((one) => !isAway(one))
    : members) {
    if (call.signal.aborted) throw call.signal.reason;
    try {
      const answer = await sendTo(context, member, call, call.message, what);
      if (isGood(answer)) return answer;
      last ??= answer;
    } catch (error) {
      failure ??= error;
    }
  }
  if (last) return last;
  if (failure !== undefined) throw failure;
  const error = { code: METHOD_NOT_FOUND, message: `no server has ${call.message.method}` };
  return answered(errorResponse(call.message.id, error));
}
