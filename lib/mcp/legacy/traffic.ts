import type { Drains } from "../http/drain.ts";
import type { LastWords } from "../http/tell.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import { type Id, idMeant } from "../jsonrpc/id.ts";
import { type Message, type ResponseMessage, withId } from "../jsonrpc/message.ts";
import { type Answer, answered, type Refused } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { Call, OnMessage } from "../protocol/transport.ts";
import type { SessionHeaders } from "./session-http.ts";

/** Messages to and from a legacy server, whatever session they are of. */
export interface SessionExchange {
  /** Sends one request; resolves with its answer, from whichever stream it comes. @throws as `Transport.request` */
  send(call: Call, session: SessionHeaders): Promise<Answer>;
  /** Sends `initialize`, outside any session; resolves with the session too, where one was opened. */
  shakeHands(call: Call): Promise<Handshaken>;
  /** Sends what needs no answer; resolves with the server's refusal, if it was one. Never rejects. */
  tell(text: Text, session: SessionHeaders, what: string): Promise<Refused | undefined>;
  /** Sends the client's answer; where the server has lost the session, what asked for it ends. Never rejects. */
  reply(answer: Pick<ResponseMessage, "id" | "text">, session: SessionHeaders): Promise<void>;
  /** Takes what comes on the standalone stream. */
  receive(message: Message): Promise<void>;
  /** Whether it is the answer to a request under way here. */
  awaits(message: Message): boolean;
  /** A session's standalone stream is asked for, or there is none any more: answers may come there. */
  listening(isListening: boolean): void;
  /** Requests of the server's that await an answer. */
  readonly asked: Set<Id>;
  /** Ends what is under way, once what the server is being told has gone out, or has had a moment to. Never rejects. */
  close(): Promise<void>;
}

export interface Handshaken {
  answer: Answer;
  session?: SessionHeaders;
}

/** A request under way: its answer may come on another stream than its own. */
export interface UnderWay {
  answer(answer: Answer): void;
  /** Ends its own stream. */
  abort: AbortController;
  /** Its response was read to the end: nothing is left that could be ended. */
  isRead?: true;
}

/** All that is under way with one server. */
export interface Traffic {
  readonly endpoint: Endpoint;
  readonly requests: Map<Id, UnderWay>;
  readonly asked: Set<Id>;
  /** The requests in whose answers those came. */
  readonly askers: Map<Id, UnderWay>;
  readonly lastWords: LastWords;
  readonly drains: Drains;
  /** Called where no answer can come on a standalone stream any more; absent where there is none. */
  deaf: AbortController | undefined;
  readonly ended: AbortController;
}

/** Whether it is the answer to a request under way. */
export const isAwaited = ({ requests }: Traffic, message: Message): boolean =>
  message.kind === "response" && message.id !== null && idMeant(message.id, requests) !== undefined;

/**
 * Notes the server's requests, so that their answers go back in the session that asked.
 *
 * @param by the request in whose answer they come
 */
export const noting =
  ({ asked, askers }: Traffic, to: OnMessage, by?: UnderWay): OnMessage =>
  (message) => {
    if (message.kind === "request") {
      asked.add(message.id);
      if (by) askers.set(message.id, by);
    }
    return to(message);
  };

/** What an ended request has asked can end it no more. */
export function forgetQuestions({ askers }: Traffic, ended: UnderWay): void {
  for (const [id, by] of askers) if (by === ended) askers.delete(id);
}

/** An answer that came on another stream than its request's own. */
export function answerElsewhere({ requests, endpoint, drains }: Traffic, message: ResponseMessage): void {
  const id = message.id === null ? undefined : idMeant(message.id, requests);
  const request = id === undefined ? undefined : requests.get(id);
  if (id === undefined || !request) {
    endpoint.log("dropped an answer that nobody waits for");
    return;
  }
  request.answer(answered(withId(message, id)));
  if (!request.isRead) drains.add(request.abort);
}
