import type {
  Id,
  Message,
  NotificationMessage,
  RequestMessage,
  ResponseMessage,
} from "../jsonrpc/message.ts";
import type { ErrorAnswer } from "./answer.ts";

/**
 * Takes one message for the other side; resolves when that side can take more.
 *
 * @param from id of the request in whose answer the message came, where the transport tells
 */
export type Deliver = (message: Message, from?: Id) => Promise<void>;

/**
 * The way from a stdio client to the server: one of the four pairs of eras, or HTTP+SSE. Messages from the server
 * come through the `Deliver` that the road was made with.
 */
export interface Road {
  /**
   * Does what must come before the first request, in the name of the client that sends it: the handshake, or nothing.
   * Resolves to the server's refusal. Called again by those who come meanwhile.
   */
  open?(first: RequestMessage): Promise<ErrorAnswer | undefined>;
  /**
   * Sends a request on and delivers all that it leads to. Resolves to nothing once it was answered, or to the
   * refusal when the server gave none but an HTTP error, which the caller must answer.
   * @throws M2mcpError when there is no answer at all
   */
  request(message: RequestMessage): Promise<ErrorAnswer | undefined>;
  /** Sends a notification on. Never rejects: there is nobody to tell. */
  notify(message: NotificationMessage): Promise<void>;
  /** Sends on the client's answer to a request of the server's. Never rejects. */
  respond(message: ResponseMessage): Promise<void>;
  /** Ends the session with the server, quickly. Never rejects. */
  close(): Promise<void>;
}
