import type { Readable, Writable } from "node:stream";
import { M2mcpError } from "../failure.ts";
import { createConversation, RefusedOpening } from "../mcp/connection/connection.ts";
import { createBatches, isBatch } from "../mcp/jsonrpc/batch.ts";
import type { Text } from "../mcp/jsonrpc/bytes.ts";
import {
  errorResponse,
  type Id,
  INVALID_REQUEST,
  type Message,
  notification,
  parseMessages,
  type RequestMessage,
  type ResponseMessage,
  resultResponse,
  type Unreadable,
} from "../mcp/jsonrpc/message.ts";
import { createLedger } from "../mcp/jsonrpc/pending.ts";
import { type ErrorAnswer, rpcErrorOf, toRpcError } from "../mcp/protocol/answer.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { META_SUBSCRIPTION } from "../mcp/protocol/versions.ts";
import { endedEarly, streamCut, tookTooLong } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";
import { deadlineMs, withDeadline } from "../timing/deadline.ts";
import { createSemaphore } from "../timing/semaphore.ts";
import { createLineWriter, readLines } from "./line-stream.ts";

/** Requests under way at once; further ones wait. Leaves connections for the streams beside them. */
const MAX_REQUESTS = 192;
/** Pings under way at once: they ask for a sign of life, so they do not wait behind long calls. */
const MAX_PINGS = 4;
/** Time for notifications under way when all answers are out, and for a slow reader when told to stop, in ms. */
const LAST_WORDS_MS = 500;

export interface BridgeOptions {
  endpoint: Endpoint;
  input: Readable;
  output: Writable;
  /** Ends the bridge as the end of the input does; after that end, without waiting further. */
  stop: AbortSignal;
  /** Ends it without waiting for answers under way. */
  kill: AbortSignal;
  /** How long answers may take after the end of the input, in ms. */
  drainMs: number;
  /** Told the length of each message once it is done with. */
  relieve(length: number): void;
}

/**
 * Pipes JSON-RPC between a stdio client and the remote server until the input ends (MCP stdio transport). Writes
 * nothing but JSON-RPC lines; every request read is answered exactly once, with an error of its own where the
 * server gave no answer. Never throws for what the server or the network does.
 */
export async function runBridge({
  endpoint,
  input,
  output,
  stop,
  kill,
  drainMs,
  relieve,
}: BridgeOptions): Promise<void> {
  const writer = createLineWriter(output);
  const ledger = createLedger();
  const requests = createSemaphore(MAX_REQUESTS);
  const pings = createSemaphore(MAX_PINGS);
  /** Requests of the server's that the client has not answered yet. */
  const asked = new Set<Id>();
  const listens = new Set<Id>();
  const sending = new Set<Promise<void>>();

  const batches = createBatches();
  const host = hostOf(endpoint.url);
  const limitMs = deadlineMs(endpoint.timeoutMs);

  const deliver = async (message: Message): Promise<void> => {
    if (message.kind !== "response") {
      if (message.kind === "request") asked.add(message.id);
      await writer.write(message.text);
    } else if (message.id === null || !ledger.settle(message.id))
      endpoint.log("dropped an answer that nobody waits for");
    else await write(batches.answer(message.id, message.text));
    relieve(message.text.length);
  };
  const road = createConversation(endpoint, deliver);

  async function write(line: Text | undefined): Promise<void> {
    if (line !== undefined) await writer.write(line);
  }

  /** Answers a request in the server's stead, unless it has its answer. */
  async function answer({ id, text }: ResponseMessage): Promise<void> {
    if (id !== null && ledger.settle(id)) await write(batches.answer(id, text));
  }

  async function inTurn(message: RequestMessage): Promise<ErrorAnswer | undefined> {
    const release = await (message.method === "ping" ? pings : requests).acquire();
    try {
      // Cancelled, or given up, while it waited.
      if (!ledger.owes(message.id)) return undefined;
      const sent = road.request(message);
      relieve(message.text.length);
      return await sent;
    } finally {
      release();
    }
  }

  async function carry(message: RequestMessage): Promise<void> {
    const { id, method } = message;
    try {
      const failure =
        method === "subscriptions/listen"
          ? await road.request(message)
          : await withDeadline(inTurn(message), limitMs, () => tookTooLong(host, limitMs));
      if (!failure && !ledger.owes(id)) return;
      await answer(
        errorResponse(id, failure ? rpcErrorOf(failure, endpoint.url) : toRpcError(streamCut(host))),
      );
    } catch (error) {
      const refused = error instanceof RefusedOpening ? error.toRpcError(endpoint.url) : toRpcError(error);
      await answer(errorResponse(id, refused));
      // The server need not go on with what nobody waits for (MCP "Timeouts").
      if (error instanceof M2mcpError && error.code === "timeout" && method !== "initialize")
        track(road.notify(notification("notifications/cancelled", { requestId: id, reason: "timeout" })));
    }
  }

  function track(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => sending.delete(tracked));
    sending.add(tracked);
  }

  /** The error for what is no message; it never bears an id that is in use. */
  const refusal = ({ id, error }: Omit<Unreadable, "kind">) =>
    errorResponse(id !== null && !ledger.owes(id) ? id : null, error).text;

  /** Takes one message from the client; gives back what is wrong with it. */
  function take(message: Message | Unreadable): Text | undefined {
    switch (message.kind) {
      case "unreadable":
        return refusal(message);
      case "request":
        if (!ledger.open(message.id)) {
          const error = { code: INVALID_REQUEST, message: `a request with id ${message.id} is under way` };
          return refusal({ id: null, error });
        }
        if (message.method === "subscriptions/listen") listens.add(message.id);
        return undefined;
      case "notification": {
        const { requestId } = message.params;
        // From here on the client wants no answer to it (MCP "Cancellation").
        if (
          message.method === "notifications/cancelled" &&
          (typeof requestId === "string" || typeof requestId === "number") &&
          ledger.settle(requestId)
        )
          track(write(batches.forgo(requestId)));
        track(road.notify(message));
        return undefined;
      }
      case "response":
        if (message.id !== null) asked.delete(message.id);
        track(road.respond(message));
        return undefined;
    }
  }

  /** Takes a line; gives back the one to write in answer at once, if there is any. */
  function takeLine(text: Text): Text | undefined {
    const messages = parseMessages(text);
    const ids: Id[] = [];
    const errors: Text[] = [];
    for (const message of messages) {
      const wrong = take(message);
      if (wrong !== undefined) errors.push(wrong);
      else if (message.kind === "request") {
        ids.push(message.id);
        void carry(message);
      }
    }
    return isBatch(text, messages) ? batches.open(ids.filter(ledger.owes), errors) : errors[0];
  }

  const noMore = AbortSignal.any([stop, kill, writer.closed]);
  for await (const line of readLines(input, noMore)) {
    const error = (bytes: number) => ({
      code: INVALID_REQUEST,
      message: `a line of ${bytes} bytes is too long`,
    });
    const said = "text" in line ? takeLine(line.text) : refusal({ id: null, error: error(line.tooLong) });
    // Who sends junk and does not read what is said of it must wait.
    if (said !== undefined) await until(writer.write(said), Number.POSITIVE_INFINITY, noMore);
  }

  // The client can answer no more, so the server need not wait for it.
  for (const id of asked)
    track(road.respond(errorResponse(id, { code: -32000, message: "the client has closed its input" })));
  for (const id of listens)
    void answer(resultResponse(id, { resultType: "complete", _meta: { [META_SUBSCRIPTION]: id } }));
  // Hosts close the input first and signal later: then the wait is over.
  const cutShort = AbortSignal.any(stop.aborted ? [kill, writer.closed] : [kill, stop, writer.closed]);
  await until(ledger.allSettled(), drainMs, cutShort);
  for (const id of ledger.owed()) void answer(errorResponse(id, toRpcError(endedEarly())));
  await until(Promise.all(sending), LAST_WORDS_MS, cutShort);
  await road.close();
  if (await until(writer.flushed(), drainMs, cutShort)) return;
  // A reader that neither reads nor goes must not keep the process.
  if (!(await until(writer.flushed(), LAST_WORDS_MS, writer.closed))) output.destroy();
}

/** Waits for `work`, for so long at most, or until cut short; whether it was done by then. */
async function until(work: Promise<unknown>, limitMs: number, cutShort: AbortSignal): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop = () => {};
  const over = new Promise<false>((resolve) => {
    stop = () => resolve(false);
    if (Number.isFinite(limitMs)) timer = setTimeout(stop, limitMs);
    if (cutShort.aborted) stop();
    else cutShort.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([work.then(() => true), over]);
  } finally {
    clearTimeout(timer);
    cutShort.removeEventListener("abort", stop);
  }
}
