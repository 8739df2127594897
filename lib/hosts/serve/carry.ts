import { errorResponse, type RequestMessage, type ResponseMessage } from "../../mcp/jsonrpc/message.ts";
import { type Answer, rpcErrorOf, toRpcError } from "../../mcp/protocol/answer.ts";
import { LISTEN } from "../../mcp/protocol/subscription.ts";
import { type Call, Cancellation } from "../../mcp/protocol/transport.ts";
import { isTimeout, tookTooLong } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { deadlineMs, withDeadline } from "../../timing/deadline.ts";
import type { Carrier, ServeContext } from "./context.ts";

/** What one request came to. */
export interface Carried {
  response: ResponseMessage;
  /** The HTTP status of the server's, where it gave no answer in its place. */
  refusedWith?: number;
}

/**
 * Sends one request on and makes an answer of whatever comes of it, as the bridge does. Never rejects.
 *
 * @param cancel ended too where the request takes too long in all (MCP "Timeouts")
 */
export async function carry(
  context: ServeContext,
  carrier: Carrier,
  message: RequestMessage,
  cancel: AbortController,
  to: Pick<Call, "onMessage" | "onEventId" | "continued">,
): Promise<Carried> {
  const { endpoint, observer, permits, onMessageDone } = context;
  const { id, method } = message;
  const lasts = method === LISTEN;
  observer.asked(method);
  carrier.underWay++;
  const limitMs = deadlineMs(endpoint.timeoutMs);
  const late = () => {
    cancel.abort(new Cancellation({ reason: "timeout" }));
    return tookTooLong(hostOf(endpoint.url), limitMs);
  };
  const startedMs = performance.now();
  const permit = lasts ? undefined : permits.acquire();
  const release = permit instanceof Promise ? await permit : permit;
  try {
    if (cancel.signal.aborted) throw cancel.signal.reason;
    const call = { message, signal: cancel.signal, ...to };
    const asking = context.intercept
      ? context.intercept(call, (sent) => carrier.connection.request(sent))
      : carrier.connection.request(call);
    const leftMs = Math.max(1, limitMs - (performance.now() - startedMs));
    const answer = await (lasts ? asking : withDeadline(asking, leftMs, late));
    return told(context, message, answer);
  } catch (error) {
    const failure = toRpcError(error);
    // Of what nobody waits for any more, nothing fails, however it ends.
    if (!cancel.signal.aborted || isTimeout(error)) observer.failed(failure, method, id);
    observer.answered(method, failure);
    return { response: errorResponse(id, failure) };
  } finally {
    release?.();
    carrier.underWay--;
    carrier.lastUsedMs = performance.now();
    onMessageDone(message.text.length);
  }
}

function told({ endpoint, observer }: ServeContext, { id, method }: RequestMessage, answer: Answer): Carried {
  if (answer.kind === "response") {
    observer.answered(method, answer.message.error);
    return { response: answer.message };
  }
  const error = rpcErrorOf(answer, endpoint.url);
  if (!answer.error) observer.failed(error, method, id);
  observer.answered(method, error);
  return { response: errorResponse(id, error), refusedWith: answer.status };
}
