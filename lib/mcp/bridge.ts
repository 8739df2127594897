import type { Readable, Writable } from "node:stream";
import { endedEarly, streamCut } from "../errors.ts";
import { rpcErrorOf, toRpcError } from "./answers.ts";
import { createConversation, RefusedOpening } from "./conversation.ts";
import { META_SUBSCRIPTION } from "./era.ts";
import { hostOf } from "./http.ts";
import { createLedger } from "./ledger.ts";
import {
  errorResponse,
  type Id,
  INVALID_REQUEST,
  type Message,
  parseMessages,
  type RequestMessage,
  type ResponseMessage,
  resultResponse,
  type Unreadable,
} from "./messages.ts";
import { createSlots } from "./slots.ts";
import { createLineWriter, readLines } from "./stdio.ts";
import type { Endpoint } from "./types.ts";

/** Requests under way at once; further ones wait. Leaves connections for the streams beside them. */
const MAX_REQUESTS = 192;
/** Time for notifications under way when all answers are out, in ms. */
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
  const slots = createSlots(MAX_REQUESTS);
  /** Requests of the server's that the client has not answered yet. */
  const asked = new Set<Id>();
  const listens = new Set<Id>();
  const sending = new Set<Promise<void>>();

  const deliver = async (message: Message): Promise<void> => {
    if (message.kind === "response" && (message.id === null || !ledger.settle(message.id))) {
      endpoint.log("dropped an answer that nobody waits for");
      return;
    }
    if (message.kind === "request") asked.add(message.id);
    const written = writer.write(message.text);
    relieve(message.text.length);
    await written;
  };
  const road = createConversation(endpoint, deliver);

  async function carry(message: RequestMessage): Promise<void> {
    const release = message.method === "subscriptions/listen" ? () => {} : await slots.take();
    let answer: ResponseMessage;
    try {
      const sent = road.request(message);
      relieve(message.text.length);
      const failure = await sent;
      if (!failure && !ledger.owes(message.id)) return;
      answer = errorResponse(
        message.id,
        failure ? rpcErrorOf(failure, endpoint.url) : toRpcError(streamCut(hostOf(endpoint.url))),
      );
    } catch (error) {
      const refused = error instanceof RefusedOpening ? error.toRpcError(endpoint.url) : toRpcError(error);
      answer = errorResponse(message.id, refused);
    } finally {
      release();
    }
    if (ledger.settle(message.id)) await writer.write(answer.text);
  }

  function track(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => sending.delete(tracked));
    sending.add(tracked);
  }

  function take(message: Message | Unreadable): void {
    switch (message.kind) {
      case "unreadable": {
        // An id that is in use must not be answered by mistake.
        const id = message.id !== null && !ledger.owes(message.id) ? message.id : null;
        void writer.write(errorResponse(id, message.error).text);
        return;
      }
      case "request":
        ledger.open(message.id);
        if (message.method === "subscriptions/listen") listens.add(message.id);
        void carry(message);
        return;
      case "notification": {
        const { requestId } = message.params;
        // From here on the client wants no answer to it (MCP "Cancellation").
        if (
          message.method === "notifications/cancelled" &&
          (typeof requestId === "string" || typeof requestId === "number")
        )
          ledger.settle(requestId);
        track(road.notify(message));
        return;
      }
      case "response":
        if (message.id !== null) asked.delete(message.id);
        track(road.respond(message));
    }
  }

  const noMore = AbortSignal.any([stop, kill, writer.closed]);
  for await (const line of readLines(input, noMore)) {
    if ("text" in line) for (const message of parseMessages(line.text)) take(message);
    else {
      const error = { code: INVALID_REQUEST, message: `a line of ${line.tooLong} bytes is too long` };
      void writer.write(errorResponse(null, error).text);
    }
  }

  // The client can answer no more, so the server need not wait for it.
  for (const id of asked)
    track(road.respond(errorResponse(id, { code: -32000, message: "the client has closed its input" })));
  for (const id of listens)
    if (ledger.settle(id))
      void writer.write(
        resultResponse(id, { resultType: "complete", _meta: { [META_SUBSCRIPTION]: id } }).text,
      );
  // Hosts close the input first and signal later: then the wait is over.
  const cutShort = AbortSignal.any(stop.aborted ? [kill, writer.closed] : [kill, stop, writer.closed]);
  await until(ledger.allSettled(), drainMs, cutShort);
  for (const id of ledger.owed())
    if (ledger.settle(id)) void writer.write(errorResponse(id, toRpcError(endedEarly())).text);
  await until(Promise.all(sending), LAST_WORDS_MS, cutShort);
  await road.close();
  await until(writer.flushed(), drainMs, cutShort);
}

/** Waits for `work`, for so long at most, or until cut short. */
async function until(work: Promise<unknown>, limitMs: number, cutShort: AbortSignal): Promise<void> {
  if (cutShort.aborted) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([
    work,
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
      cutShort.addEventListener("abort", () => resolve(), { once: true });
    }),
  ]);
  clearTimeout(timer);
}
