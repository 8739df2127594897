import { isBatch } from "../mcp/jsonrpc/batch.ts";
import type { Text } from "../mcp/jsonrpc/bytes.ts";
import { type Id, idMeant } from "../mcp/jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  INVALID_REQUEST,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  requestIdOf,
  withId,
} from "../mcp/jsonrpc/message.ts";
import { parseMessages, type Unreadable } from "../mcp/jsonrpc/parse.ts";
import { rpcErrorOf, toRpcError } from "../mcp/protocol/answer.ts";
import { LISTEN } from "../mcp/protocol/subscription.ts";
import { Cancellation } from "../mcp/protocol/transport.ts";
import { giveBackController, takeController } from "../timing/linked-abort.ts";
import {
  answer,
  type Bridge,
  fail,
  giveBack,
  messageDone,
  type Owed,
  track,
  write,
} from "./bridge-context.ts";
import type { Line } from "./line-splitter.ts";

/** Takes a line of the client's; gives back the one to write in answer at once, if there is any. */
export function takeLine(bridge: Bridge, line: Line): Text | undefined {
  if (!("text" in line)) {
    const message = `a line of ${line.tooLong} bytes is too long`;
    return refusal(bridge, null, { code: INVALID_REQUEST, message });
  }
  const messages = parseMessages(line.text);
  const batch = isBatch(line.text, messages);
  const ids: Id[] = [];
  const errors: Text[] = [];
  for (const message of messages) {
    const wrong = take(bridge, message);
    if (wrong !== undefined) errors.push(wrong);
    else if (message.kind === "request") ids.push(message.id);
  }
  return batch
    ? bridge.batches.open(
        ids.filter((id) => bridge.owed.has(id)),
        errors,
      )
    : errors[0];
}

/** The error for what is no message; it never bears an id that is in use. */
function refusal({ owed, observer }: Bridge, id: Id | null, error: RpcError): Text {
  observer.failed(error, null, id);
  return errorResponse(id !== null && !owed.has(id) ? id : null, error).text;
}

/** Takes one message from the client; gives back what is wrong with it. */
function take(bridge: Bridge, message: Message | Unreadable): Text | undefined {
  switch (message.kind) {
    case "unreadable":
      return isNoAnswer(bridge, message) ? undefined : refusal(bridge, message.id, message.error);
    case "request":
      return takeRequest(bridge, message);
    case "notification":
      takeNotification(bridge, message);
      return undefined;
    case "response":
      takeResponse(bridge, message);
      return undefined;
  }
}

/** The client's answer goes on under the id that the server wrote, though the client wrote it otherwise: rounded, or `1` for `1.0`. */
function takeResponse(bridge: Bridge, message: ResponseMessage): void {
  const asked = message.id === null ? undefined : idMeant(message.id, bridge.asked);
  if (asked !== undefined) bridge.asked.delete(asked);
  track(bridge, bridge.connection.respond(asked === undefined ? message : withId(message, asked)));
}

/** Whether it was to be the client's answer to the server, which must not wait for another: it has an error in its place. */
function isNoAnswer(bridge: Bridge, { id, error, isAnswer }: Unreadable): boolean {
  const asked = isAnswer && id !== null ? idMeant(id, bridge.asked) : undefined;
  if (asked === undefined) return false;
  bridge.observer.failed(error, null, id);
  takeResponse(bridge, errorResponse(asked, { code: INVALID_REQUEST, message: NO_ANSWER }));
  return true;
}

const NO_ANSWER = "what the client answered is no JSON-RPC response";

function takeRequest(bridge: Bridge, message: RequestMessage): Text | undefined {
  const { id, method } = message;
  const request: Owed = { method, sinceMs: performance.now(), cancel: takeController() };
  if (!bridge.owed.add(id, request))
    return refusal(bridge, null, {
      code: INVALID_REQUEST,
      message: `a request with id ${id} is under way`,
    });
  bridge.observer.asked(method);
  if (method !== LISTEN) bridge.watch();
  void carry(bridge, message, request);
  return undefined;
}

/** Sends a request on and answers it with what comes of it. */
async function carry(bridge: Bridge, message: RequestMessage, { cancel }: Owed): Promise<void> {
  const { id, method } = message;
  const { connection, endpoint, toClient } = bridge;
  // A subscription lasts, so it takes no place of the calls.
  const permits = method === LISTEN ? undefined : method === "ping" ? bridge.pings : bridge.requests;
  const permit = permits?.acquire();
  const release = permit instanceof Promise ? await permit : permit;
  try {
    // Cancelled, or given up, while it waited.
    if (cancel.signal.aborted) return;
    const call = { message, signal: cancel.signal, onMessage: toClient };
    const asking = bridge.intercept
      ? bridge.intercept(call, (sent) => connection.request(sent))
      : connection.request(call);
    messageDone(bridge, method, message.text);
    const said = await asking;
    if (said.kind === "response") {
      await answer(bridge, id, said.message);
      if (!cancel.signal.aborted) giveBack(bridge, method, message.text);
      if (method !== LISTEN) giveBackController(cancel);
    } else if (said.error) await answer(bridge, id, errorResponse(id, said.error));
    else fail(bridge, id, method, rpcErrorOf(said, endpoint.url));
  } catch (error) {
    fail(bridge, id, method, toRpcError(error));
  } finally {
    release?.();
  }
}

function takeNotification(bridge: Bridge, message: NotificationMessage): void {
  const id = message.method === "notifications/cancelled" ? requestIdOf(message) : undefined;
  const cancelled = id === undefined ? undefined : bridge.owed.settle(id);
  if (id === undefined || !cancelled) {
    track(bridge, bridge.connection.notify(message));
    return;
  }
  // From here on the client wants no answer to it (MCP "Cancellation").
  cancelled.cancel.abort(new Cancellation(exactParams(message)));
  track(bridge, write(bridge, bridge.batches.drop(id)));
}
