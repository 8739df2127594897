import type { Readable, Writable } from "node:stream";
import { createConnection } from "../mcp/connection/connection.ts";
import { createBatches, isBatch } from "../mcp/jsonrpc/batch.ts";
import type { Text } from "../mcp/jsonrpc/bytes.ts";
import { type Id, idOf } from "../mcp/jsonrpc/id.ts";
import {
  errorResponse,
  exactParams,
  INVALID_REQUEST,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
} from "../mcp/jsonrpc/message.ts";
import { parseMessages, type Unreadable } from "../mcp/jsonrpc/parse.ts";
import { Pending } from "../mcp/jsonrpc/pending.ts";
import { rpcErrorOf, toRpcError } from "../mcp/protocol/answer.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { complete, LISTEN } from "../mcp/protocol/subscription.ts";
import { Cancellation, type OnMessage } from "../mcp/protocol/transport.ts";
import { endedEarly, tookTooLong } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";
import { deadlineMs } from "../timing/deadline.ts";
import { createSemaphore } from "../timing/semaphore.ts";
import { until } from "../timing/until.ts";
import { createLateWatch } from "./late-watch.ts";
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
  onMessageDone(length: number): void;
  /** Told each failure that a client is answered with, for those who read stderr. */
  onFailure?(error: RpcError, method: string): void;
}

/** A request that the client has not its answer to. */
interface Owed {
  method: string;
  sinceMs: number;
  /** Tells the server that nobody waits any more. */
  cancel: AbortController;
}

/**
 * Pipes JSON-RPC between a stdio client and the remote server until the input ends (MCP stdio transport). Writes nothing
 * but JSON-RPC lines; every request read is answered exactly once, with an error of its own where the server gave no
 * answer. Never throws for what the server or the network does.
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const { endpoint, input, output, stop, kill, drainMs, onMessageDone } = options;
  const writer = createLineWriter(output);
  /** Each id read is answered exactly once; one that was cancelled counts as answered: MCP wants no answer to it. */
  const owed = new Pending<Owed>();
  const requests = createSemaphore(MAX_REQUESTS);
  const pings = createSemaphore(MAX_PINGS);
  const batches = createBatches();
  /** Requests of the server's that the client has not answered yet. */
  const asked = new Set<Id>();
  const sending = new Set<Promise<void>>();
  const host = hostOf(endpoint.url);
  const limitMs = deadlineMs(endpoint.timeoutMs);

  const toClient: OnMessage = async (message) => {
    if (message.kind === "request") asked.add(message.id);
    await writer.write(message.text);
    onMessageDone(message.text.length);
  };
  const connection = createConnection({
    endpoint: { ...endpoint, backpressure: writer.backpressure },
    onMessage: toClient,
  });
  const late = createLateWatch(owed, limitMs, (id, { cancel, method }) => {
    fail(id, method, toRpcError(tookTooLong(host, limitMs)));
    // The server need not go on with what nobody waits for (MCP "Timeouts").
    cancel.abort(new Cancellation({ reason: "timeout" }));
  });

  async function write(line: Text | undefined): Promise<void> {
    if (line !== undefined) await writer.write(line);
  }

  /** Answers a request, unless it has its answer. */
  async function answer(id: Id, response: ResponseMessage): Promise<void> {
    if (owed.settle(id)) await write(batches.answer(id, response.text));
    else endpoint.log("dropped an answer that nobody waits for");
    onMessageDone(response.text.length);
  }

  /** Answers a request in the server's stead. */
  function fail(id: Id, method: string, error: RpcError): void {
    if (!owed.has(id)) return;
    options.onFailure?.(error, method);
    track(answer(id, errorResponse(id, error)));
  }

  async function carry(message: RequestMessage, { cancel }: Owed): Promise<void> {
    const { id, method } = message;
    // A subscription lasts, so it takes no place of the calls.
    const permits = method === LISTEN ? undefined : method === "ping" ? pings : requests;
    const release = permits && (await permits.acquire());
    try {
      // Cancelled, or given up, while it waited.
      if (cancel.signal.aborted) return;
      const asking = connection.request({ message, signal: cancel.signal, onMessage: toClient });
      onMessageDone(message.text.length);
      const said = await asking;
      if (said.kind === "response") await answer(id, said.message);
      else if (said.error) await answer(id, errorResponse(id, said.error));
      else fail(id, method, rpcErrorOf(said, endpoint.url));
    } catch (error) {
      fail(id, method, toRpcError(error));
    } finally {
      release?.();
    }
  }

  function track(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => sending.delete(tracked));
    sending.add(tracked);
  }

  /** The error for what is no message; it never bears an id that is in use. */
  const refusal = (id: Id | null, error: RpcError) =>
    errorResponse(id !== null && !owed.has(id) ? id : null, error).text;

  /** Takes one message from the client; gives back what is wrong with it. */
  function take(message: Message | Unreadable): Text | undefined {
    switch (message.kind) {
      case "unreadable":
        return refusal(message.id, message.error);
      case "request": {
        const request = { method: message.method, sinceMs: performance.now(), cancel: new AbortController() };
        if (!owed.add(message.id, request))
          return refusal(null, {
            code: INVALID_REQUEST,
            message: `a request with id ${message.id} is under way`,
          });
        if (message.method !== LISTEN) late.watch();
        void carry(message, request);
        return undefined;
      }
      case "notification":
        takeNotification(message);
        return undefined;
      case "response":
        if (message.id !== null) asked.delete(message.id);
        track(connection.respond(message));
        return undefined;
    }
  }

  function takeNotification(message: NotificationMessage): void {
    const params = message.method === "notifications/cancelled" ? exactParams(message) : {};
    const id = idOf(params.requestId);
    const cancelled = id === undefined ? undefined : owed.settle(id);
    if (id === undefined || !cancelled) {
      track(connection.notify(message));
      return;
    }
    // From here on the client wants no answer to it (MCP "Cancellation").
    cancelled.cancel.abort(new Cancellation(params));
    track(write(batches.drop(id)));
  }

  /** Takes a line; gives back the one to write in answer at once, if there is any. */
  function takeLine(text: Text): Text | undefined {
    const messages = parseMessages(text);
    const ids: Id[] = [];
    const errors: Text[] = [];
    const batch = isBatch(text, messages);
    for (const message of messages) {
      const wrong = take(message);
      if (wrong !== undefined) errors.push(wrong);
      else if (message.kind === "request") ids.push(message.id);
    }
    return batch
      ? batches.open(
          ids.filter((id) => owed.has(id)),
          errors,
        )
      : errors[0];
  }

  const noMore = AbortSignal.any([stop, kill, writer.closed]);
  for await (const line of readLines(input, noMore)) {
    const said =
      "text" in line
        ? takeLine(line.text)
        : refusal(null, { code: INVALID_REQUEST, message: `a line of ${line.tooLong} bytes is too long` });
    // Who sends junk and does not read what is said of it must wait.
    if (said !== undefined) await until(writer.write(said), Number.POSITIVE_INFINITY, noMore);
  }

  // The client can answer no more, so the server need not wait for it.
  for (const id of asked)
    track(
      connection.respond(errorResponse(id, { code: -32000, message: "the client has closed its input" })),
    );
  for (const [id, { method, cancel }] of owed.entries())
    if (method === LISTEN) {
      track(answer(id, complete(id)));
      cancel.abort(new Cancellation());
    }
  // Hosts close the input first and signal later: then the wait is over.
  const cutShort = AbortSignal.any(stop.aborted ? [kill, writer.closed] : [kill, stop, writer.closed]);
  await until(owed.empty(), drainMs, cutShort);
  for (const [id, { cancel }] of owed.entries()) {
    track(answer(id, errorResponse(id, toRpcError(endedEarly()))));
    // The server need not go on for nobody.
    cancel.abort(new Cancellation({ reason: "the client has ended" }));
  }
  await until(Promise.all(sending), LAST_WORDS_MS, cutShort);
  late.stop();
  await connection.close("end");
  if (await until(writer.flushed(), drainMs, cutShort)) return;
  // A reader that neither reads nor goes must not keep the process.
  if (!(await until(writer.flushed(), LAST_WORDS_MS, writer.closed))) output.destroy();
}
