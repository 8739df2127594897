// The stdio host: pipes JSON-RPC between a client's lines and the connection (MCP stdio transport).
import { createConnection } from "../mcp/connection/connection.ts";
import { createBatches } from "../mcp/jsonrpc/batch.ts";
import { errorResponse } from "../mcp/jsonrpc/message.ts";
import { Pending } from "../mcp/jsonrpc/pending.ts";
import { toRpcError } from "../mcp/protocol/answer.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import { LISTEN, subscriptionEnd } from "../mcp/protocol/subscription.ts";
import { Cancellation, type Interceptor, type OnMessage } from "../mcp/protocol/transport.ts";
import { endedEarly, tookTooLong } from "../net/errors.ts";
import { hostOf } from "../net/network-error.ts";
import type { ByteInput, ByteOutput } from "../platform/streams/byte-streams.ts";
import { deadlineMs } from "../timing/deadline.ts";
import { createSemaphore } from "../timing/semaphore.ts";
import { until } from "../timing/until.ts";
import { answer, type Bridge, fail, type Observer, type Owed, track } from "./bridge-context.ts";
import { createLateWatch } from "./late-watch.ts";
import { readLinesTogether } from "./line-stream.ts";
import { createLineWriter, flush } from "./line-writer.ts";
import { takeLine } from "./take-line.ts";

/** Requests under way at once; further ones wait. Leaves connections for the streams beside them. */
const MAX_REQUESTS = 192;
/** Pings under way at once: they ask for a sign of life, so they do not wait behind long calls. */
const MAX_PINGS = 4;
/** Time for notifications under way when all answers are out, in ms. */
const LAST_WORDS_MS = 500;

export interface BridgeOptions {
  endpoint: Endpoint;
  input: ByteInput;
  output: ByteOutput;
  /** Ends the bridge as the end of the input does; after that end, without waiting further. */
  stop: AbortSignal;
  /** Ends it without waiting for answers under way. */
  kill: AbortSignal;
  /** How long answers may take after the end of the input, in ms. */
  drainMs: number;
  /** Told that the input has ended. */
  onInputEnd?(): void;
  /** Told the length of each message once it is done with. */
  onMessageDone(length: number): void;
  observer: Observer;
  /** Sees each request of the client's. */
  intercept?: Interceptor | undefined;
  /** Told the method of a notification that one of the server's lists has changed. */
  onListChanged?(method: string): void;
}

/**
 * Pipes JSON-RPC until the input ends. Writes nothing but JSON-RPC lines; every request read is answered exactly once, with
 * an error of its own where the server gave no answer. Never throws for what the server or the network does.
 */
export async function runBridge(options: BridgeOptions): Promise<void> {
  const { input, output, stop, kill } = options;
  const writer = createLineWriter(output);
  const { bridge, stopWatching } = createBridge(options, writer);
  const noMore = AbortSignal.any([stop, kill, writer.closed]);
  for await (const lines of readLinesTogether(input, noMore))
    for (const line of lines) {
      const said = takeLine(bridge, line);
      // Who sends junk and does not read what is said of it must wait.
      if (said !== undefined) await until(writer.write(said), Number.POSITIVE_INFINITY, noMore);
    }
  options.onInputEnd?.();
  endInput(bridge);
  await end(bridge, options, stopWatching);
}

function createBridge(options: BridgeOptions, writer: Bridge["writer"]) {
  const { endpoint, onMessageDone, observer, onListChanged = () => {} } = options;
  const limitMs = deadlineMs(endpoint.timeoutMs);
  const owed = new Pending<Owed>();
  const asked: Bridge["asked"] = new Set();
  const toClient: OnMessage = async (message) => {
    if (message.kind === "request") asked.add(message.id);
    else if (message.method.endsWith("/list_changed")) onListChanged(message.method);
    await writer.write(message.text);
    onMessageDone(message.text.length);
  };
  const late = createLateWatch(owed, limitMs, (id, { cancel, method }) => {
    fail(bridge, id, method, toRpcError(tookTooLong(hostOf(endpoint.url), limitMs)));
    // The server need not go on with what nobody waits for (MCP "Timeouts").
    cancel.abort(new Cancellation({ reason: "timeout" }));
  });
  const bridge: Bridge = {
    endpoint,
    writer,
    connection: createConnection({
      endpoint: { ...endpoint, backpressure: writer.backpressure },
      onMessage: toClient,
    }),
    owed,
    batches: createBatches(),
    asked,
    underWay: new Set(),
    requests: createSemaphore(MAX_REQUESTS),
    pings: createSemaphore(MAX_PINGS),
    toClient,
    watch: late.watch,
    onMessageDone,
    observer,
    intercept: options.intercept,
    unseen: !options.intercept && !endpoint.observe && !endpoint.guard && !("connect" in endpoint),
  };
  return { bridge, stopWatching: late.stop };
}

/** The client can say no more: the server need not wait for its answers, and its subscriptions are over. */
function endInput(bridge: Bridge): void {
  const { asked, owed, connection } = bridge;
  for (const id of asked) {
    const error = { code: -32000, message: "the client has closed its input" };
    track(bridge, connection.respond(errorResponse(id, error)));
  }
  for (const [id, { method, cancel }] of owed.entries())
    if (method === LISTEN) {
      track(bridge, answer(bridge, id, subscriptionEnd(id)));
      cancel.abort(new Cancellation());
    }
}

/** Lets the answers under way come, for a time, and ends. */
async function end(
  bridge: Bridge,
  { stop, kill, drainMs, output }: BridgeOptions,
  stopWatching: () => void,
): Promise<void> {
  const { owed, underWay, connection, writer } = bridge;
  // Hosts close the input first and signal later: then the wait is over.
  const cutShort = AbortSignal.any(stop.aborted ? [kill, writer.closed] : [kill, stop, writer.closed]);
  await until(owed.empty(), drainMs, cutShort);
  for (const [id, { cancel, method }] of owed.entries()) {
    fail(bridge, id, method, toRpcError(endedEarly()));
    // The server need not go on for nobody.
    cancel.abort(new Cancellation({ reason: "the client has ended" }));
  }
  await until(Promise.all(underWay), LAST_WORDS_MS, cutShort);
  stopWatching();
  await connection.close("end");
  await flush(writer, output, drainMs, cutShort);
}
