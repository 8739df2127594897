import type { Answer } from "../protocol/answer.ts";
import { LISTEN } from "../protocol/subscription.ts";
import type { Call } from "../protocol/transport.ts";
import type { ConnectedState, ConnectionContext } from "./connection-state.ts";
import { isSwitched } from "./switch-era.ts";

/** Sends a request where the server is connected; nothing where it must be sent anew. */
export function sendConnected(
  context: ConnectionContext,
  used: ConnectedState,
  call: Call,
): Promise<Answer | undefined> {
  const { method } = call.message;
  if (method === "initialize" && !used.proven && context.client === "legacy") {
    context.state = { kind: "unknown" };
    return Promise.resolve(undefined);
  }
  return used.transport.request(call).then(
    (answer) => {
      const isRefused = answer.kind === "refused" || answer.message.error !== undefined;
      return isRefused ? unlessSwitched(context, used, call, answer) : proven(context, used, answer);
    },
    (error: unknown) => {
      // A subscription goes on at the server of another era.
      const { state } = context;
      const isReplaced = state.kind === "switching" || (state.kind === "connected" && state !== used);
      if (method === LISTEN && isReplaced && !call.signal.aborted) return undefined;
      throw error;
    },
  );
}

const unlessSwitched = async (
  context: ConnectionContext,
  used: ConnectedState,
  call: Call,
  answer: Answer,
): Promise<Answer | undefined> =>
  (await isSwitched(context, used, call, answer)) ? undefined : proven(context, used, answer);

function proven({ client }: ConnectionContext, used: ConnectedState, answer: Answer): Answer {
  if (client === "own") used.proven = true;
  return answer;
}
