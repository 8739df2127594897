import type { JsonObject } from "../../../json.ts";
import { invalidAnswer } from "../../../net/errors.ts";
import { type Ids, idValue } from "../../jsonrpc/id.ts";
import {
  exactResult,
  notification,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
  request as requestMessage,
} from "../../jsonrpc/message.ts";
import { Pending } from "../../jsonrpc/pending.ts";
import type { OnMessage } from "../../protocol/transport.ts";
import { inputRequests } from "../../translate/gather-input.ts";
import { type Continuation, continuationValue } from "./continuation.ts";

/** The client would not give the input that the server asked for. */
export class InputRefused extends Error {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super("input refused");
    this.error = error;
  }
}

/** Who is asked, and how. */
export interface Asking {
  /** The client's capabilities. */
  capabilities: unknown;
  /** Aborted when the request that the questions belong to is cancelled. */
  signal: AbortSignal;
  /** Takes the questions, as requests to the client. */
  onMessage: OnMessage;
  /** What goes with the questions, where another process may have to go on: they are asked one after the other then. */
  continuable?: Pick<Continuation, "requestState" | "responses">;
}

interface Question {
  key: string;
  request: RequestMessage;
}

/** The questions of a modern server's, as requests to a legacy client. */
export class ClientInput {
  readonly #ids: Ids;
  /** The server, for what is told of it. */
  readonly #host: string;
  /** What the client was asked, in the server's name. */
  readonly #asked = new Pending<(answer: ResponseMessage) => void>();

  constructor(ids: Ids, host: string) {
    this.#ids = ids;
    this.#host = host;
  }

  /**
   * Asks the client for all inputs of a round at once (MCP 2026-07-28 "Multi Round-Trip Requests").
   *
   * @param wanted the server's `inputRequests`
   * @returns the `inputResponses`
   * @throws InputRefused with the client's error; M2mcpError for a question that this client cannot be asked; the signal's
   *   reason
   */
  async gather(wanted: JsonObject, asking: Asking): Promise<JsonObject> {
    const { capabilities, signal, onMessage, continuable } = asking;
    const read = inputRequests(wanted, capabilities);
    if ("problem" in read) throw invalidAnswer(this.#host, read.problem);
    const questions = read.requests.map(({ key, method, params }) => ({
      key,
      request: requestMessage(this.#ids.next(), method, params),
    }));
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {});
    const onCancel = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", onCancel, { once: true });
    try {
      const answers = continuable
        ? this.#inTurn(questions, wanted, continuable, onMessage)
        : this.#atOnce(questions, onMessage);
      return await Promise.race([answers, stopped.promise]);
    } finally {
      signal.removeEventListener("abort", onCancel);
      // What is still open is of no use any more.
      for (const { request } of questions)
        if (this.#asked.settle(request.id))
          await onMessage(notification("notifications/cancelled", { requestId: idValue(request.id) }));
    }
  }

  /** Takes the client's answer. */
  respond(message: ResponseMessage): void {
    if (message.id !== null) this.#asked.settle(message.id)?.(message);
  }

  async #atOnce(questions: readonly Question[], onMessage: OnMessage): Promise<JsonObject> {
    const answers = questions.map(
      async ({ key, request }) => [key, await this.#ask(request, onMessage)] as const,
    );
    return Object.fromEntries(await Promise.all(answers));
  }

  /** Each question bears all of the answers before it: whichever process gets its answer has the whole. */
  async #inTurn(
    questions: readonly Question[],
    wanted: JsonObject,
    { responses: before, ...state }: NonNullable<Asking["continuable"]>,
    onMessage: OnMessage,
  ): Promise<JsonObject> {
    const responses = { ...before };
    const rest = { ...wanted };
    for (const { key, request } of questions) {
      delete rest[key];
      const continuation = continuationValue({
        ...state,
        responses: { ...responses },
        key,
        rest: { ...rest },
      });
      responses[key] = await this.#ask({ ...request, continuation }, onMessage);
    }
    return responses;
  }

  async #ask(question: RequestMessage, onMessage: OnMessage): Promise<JsonObject> {
    const answer = new Promise<ResponseMessage>((resolve) => this.#asked.add(question.id, resolve));
    await onMessage(question);
    const response = await answer;
    if (response.error) throw new InputRefused(response.error);
    return exactResult(response);
  }
}
