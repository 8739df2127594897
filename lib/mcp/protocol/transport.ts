// What MCP itself says, whatever carries it and in whatever era: facts and values, no connection.
import type { M2mcpError } from "../../failure.ts";
import type { JsonObject } from "../../json.ts";
import { type Id, idValue } from "../jsonrpc/id.ts";
import {
  type NotificationMessage,
  notification,
  type RequestMessage,
  type ResponseMessage,
} from "../jsonrpc/message.ts";
import type { Answer } from "./answer.ts";

/** What comes from the server before an answer, or without one being due. Resolves when more can be taken. */
export type OnMessage = (message: NotificationMessage | RequestMessage) => Promise<void>;

/** One request under way. */
export interface Call {
  message: RequestMessage;
  /**
   * Aborted when nobody waits for the answer any more; the transport tells the server in its era's way. The reason is a
   * `Cancellation`.
   */
  signal: AbortSignal;
  /** Takes what belongs to this request, in order, before its answer. */
  onMessage: OnMessage;
  /**
   * Told where the server's stream can be resumed by now: of the message that follows, or of none (MCP 2025-11-25
   * "Resumability and Redelivery").
   *
   * @param retryMs after how long the server would have it resumed, where it has said so
   */
  onEventId?(id: string, isAlone: boolean, retryMs: number | undefined): Promise<void> | void;
  /**
   * Answers what a modern server asks for in its result, where the request is our own.
   *
   * @param wanted the server's `inputRequests`; resolves with the `inputResponses`
   */
  gather?(wanted: JsonObject): Promise<JsonObject>;
  /** It was begun at another process, which has ended: what it was asked is answered by now. */
  continued?: Continued;
}

/** Where a request is to be gone on with. */
export interface Continued {
  /** `continuation` of the question, or of the answer that asked. */
  from: JsonObject;
  /** The client's answer to the question; absent where that comes with a retry. */
  response?: ResponseMessage;
}

/** Why a request was given up, with what is told to the server (MCP "Cancellation"). */
export class Cancellation extends Error {
  readonly params: JsonObject;
  /** @param params of the `notifications/cancelled` that the client sent, if it did */
  constructor(params: JsonObject = {}) {
    super("the request was cancelled");
    this.params = params;
  }
}

/** What a legacy server is told of a request that is given up (MCP "Cancellation"). @param reason of its signal */
export const cancelled = (id: Id, reason: unknown): NotificationMessage =>
  notification("notifications/cancelled", {
    ...(reason instanceof Cancellation ? reason.params : {}),
    requestId: idValue(id),
  });

/** Why a request is let go of though it goes on: its client resumes the server's stream by itself. Nothing is told to the server. */
export class Detachment extends Error {}

/**
 * What carries requests to a server (MCP "Transports"). An answer is the return value of its request: it comes back
 * through microtasks alone, and the stream that brought it is read on in a later turn of the event loop, so that
 * nothing overtakes it.
 */
export interface Transport {
  /**
   * Resolves with the answer, or with the refusal where the server gave none but an HTTP error.
   * @throws M2mcpError when there is no answer at all
   */
  request(call: Call): Promise<Answer>;
  /** Why a tool that the server has is kept from the client; undefined where it is not, or is not known. Sends nothing. */
  denial?(message: RequestMessage): Promise<M2mcpError | undefined>;
  /** Sends a notification on. Never rejects: there is nobody to tell. */
  notify(message: NotificationMessage): Promise<void>;
  /** Sends on the client's answer to a request of the server's. Never rejects. */
  respond(message: ResponseMessage): Promise<void>;
  /**
   * Ends what is under way. Never rejects.
   * @param how `end` ends the session with the server too, `leave` keeps it for the next command
   */
  close(how: "end" | "leave"): Promise<void>;
}

/**
 * Stands between a host and its connection, and sees what goes either way.
 *
 * @param onMessage takes what comes for the host and belongs to no request
 * @param connect makes the connection, which tells `onMessage` in the guard's place
 */
export type Guard = (onMessage: OnMessage, connect: (onMessage: OnMessage) => Transport) => Transport;

/**
 * Sees what goes either way between a host and a connection, refusals of a guard too.
 *
 * @param onMessage takes what comes for the host and belongs to no request
 * @param handshake the client's, where it was made at another process
 */
export type Observe = (onMessage: OnMessage, handshake?: RequestMessage) => Observed;

export interface Observed {
  /** Takes in its place what belongs to no request. */
  readonly onMessage: OnMessage;
  /** The connection as the host has it. */
  over(connection: Transport): Transport;
}

/** Sees each request as a host takes it, and sends it on with `next`. */
export type Interceptor = (call: Call, next: (call: Call) => Promise<Answer>) => Promise<Answer>;
