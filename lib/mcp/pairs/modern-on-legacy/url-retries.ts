import { isObject, type JsonObject } from "../../../json.ts";
import { keepLatest } from "../../../keep-latest.ts";
import type { RpcError } from "../../jsonrpc/message.ts";

/** States of calls to be sent again that are kept; a client that never comes back must not fill the memory. */
const MAX_KEPT = 1000;

/** Requests that are sent again, from the start, once the user has visited an address. */
export class UrlRetries {
  readonly #errors = new Map<string, RpcError>();

  /** Keeps the error that asked for the visit. @returns the `requestState` of the retry */
  add(error: RpcError): string {
    const requestState = crypto.randomUUID();
    keepLatest(this.#errors, requestState, error, MAX_KEPT);
    return requestState;
  }

  /** The error that a retry comes back to; undefined where its state is of another kind. */
  take(requestState: string): RpcError | undefined {
    const error = this.#errors.get(requestState);
    this.#errors.delete(requestState);
    return error;
  }
}

/** Whether the user agreed to all that was asked (MCP 2026-07-28 "Elicitation", Response Actions). */
export const isAccepted = (responses: JsonObject): boolean =>
  Object.values(responses).every((response) => isObject(response) && response.action === "accept");
