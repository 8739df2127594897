import type { Batches } from "../mcp/jsonrpc/batch.ts";
import type { Text } from "../mcp/jsonrpc/bytes.ts";
import type { Id } from "../mcp/jsonrpc/id.ts";
import { errorResponse, type ResponseMessage, type RpcError } from "../mcp/jsonrpc/message.ts";
import type { Pending } from "../mcp/jsonrpc/pending.ts";
import type { Endpoint } from "../mcp/protocol/endpoint.ts";
import type { Interceptor, OnMessage, Transport } from "../mcp/protocol/transport.ts";
import { giveBackBuffer, isTaken } from "../platform/runtime/long-buffers.ts";
import type { Semaphore } from "../timing/semaphore.ts";
import type { LineWriter } from "./line-writer.ts";

/** A request that the client has not its answer to. */
export interface Owed {
  method: string;
  sinceMs: number;
  /** Tells the server that nobody waits any more. */
  cancel: AbortController;
}

/** Who is told what goes over a bridge; its answers wait for none of it. */
export interface Observer {
  /** A request was read. */
  asked(method: string): void;
  /** A request has its answer, from the server or from the bridge. */
  answered(method: string, error: RpcError | undefined): void;
  /** The bridge answers in the server's stead. @param id as it is written; null where none could be read */
  failed(error: RpcError, method: string | null, id: Id | null): void;
}

/** A bridge and what belongs to it, for the functions that work on it. */
export interface Bridge {
  readonly endpoint: Endpoint;
  readonly writer: LineWriter;
  readonly connection: Transport;
  /** Each id read is answered exactly once; one that was cancelled counts as answered: MCP wants no answer to it. */
  readonly owed: Pending<Owed>;
  readonly batches: Batches;
  /** Requests of the server's that the client has not answered yet. */
  readonly asked: Set<Id>;
  /** What is being written or sent, and nobody waits for but the end. */
  readonly underWay: Set<Promise<void>>;
  readonly requests: Semaphore;
  readonly pings: Semaphore;
  readonly toClient: OnMessage;
  /** A request has begun whose time is limited. */
  watch(): void;
  onMessageDone(length: number): void;
  readonly observer: Observer;
  /** Sees each request of the client's, where somebody measures them. */
  readonly intercept: Interceptor | undefined;
  /** Nobody but the bridge and one connection sees messages: none is measured, audited, guarded, or one of several servers'. */
  readonly unseen: boolean;
}

/** What nobody remembers once it is answered, as lists and handshakes are. */
const FORGOTTEN: readonly string[] = ["tools/call", "prompts/get", "resources/read"];

/** Whether the memory of a message is used again once it is done with. */
const isReused = ({ unseen }: Bridge, method: string, text: Text): text is Uint8Array =>
  unseen && typeof text !== "string" && FORGOTTEN.includes(method) && isTaken(text);

/** Tells of a message that is on its way; one whose memory is used again leaves only copies of it behind. */
export const messageDone = (bridge: Bridge, method: string, text: Text): void =>
  bridge.onMessageDone(isReused(bridge, method, text) ? text.length / 2 : text.length);

/** Gives back the memory of a message that was answered, or of its answer that was written. */
export function giveBack(bridge: Bridge, method: string, text: Text): void {
  if (isReused(bridge, method, text)) giveBackBuffer(text);
}

const NOTHING = Promise.resolve();

/** Lets work go on in the background, until the end. */
export function track({ underWay }: Bridge, work: Promise<void>): void {
  const tracked = work.catch(() => {}).finally(() => underWay.delete(tracked));
  underWay.add(tracked);
}

export const write = ({ writer }: Bridge, line: Text | undefined): Promise<void> =>
  line === undefined ? NOTHING : writer.write(line);

/** Answers a request, unless it has its answer. */
export async function answer(bridge: Bridge, id: Id, response: ResponseMessage): Promise<void> {
  const { owed, batches, endpoint } = bridge;
  const settled = owed.settle(id);
  const { text } = response;
  if (settled) {
    const { method } = settled;
    const line = batches.answer(id, text);
    const writing = write(bridge, line);
    // The host has its answer first: the first one of all sets off what writes down that this bridge runs.
    bridge.observer.answered(method, response.error);
    await writing;
    messageDone(bridge, method, text);
    // In a batch it waits for the others.
    if (line === text) giveBack(bridge, method, text);
    return;
  }
  endpoint.log("dropped an answer that nobody waits for");
  bridge.onMessageDone(text.length);
}

/** Answers a request in the server's stead. */
export function fail(bridge: Bridge, id: Id, method: string, error: RpcError): void {
  if (!bridge.owed.has(id)) return;
  bridge.observer.failed(error, method, id);
  track(bridge, answer(bridge, id, errorResponse(id, error)));
}
