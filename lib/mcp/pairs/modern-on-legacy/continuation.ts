// What another process needs to go on with a request at a legacy server whose client was asked something.
import { isObject, type JsonObject, objectOf } from "../../../json.ts";
import type { Id } from "../../jsonrpc/id.ts";
import type { RpcError } from "../../jsonrpc/message.ts";
import type { SavedSession } from "../../protocol/endpoint.ts";
import type { Input } from "../../translate/input-required.ts";
import type { Held } from "./held-request.ts";

export type Continuation =
  /** It is under way at the server, which awaits the answers. */
  | {
      kind: "open";
      session: SavedSession;
      /** The request's id there. */
      id: Id;
      /** Where its stream can be resumed; absent where the server does not say. */
      lastEventId?: string;
      progressToken?: unknown;
      inputs: readonly Input[];
    }
  /** It has ended with an error that asks for a visit to an address. */
  | { kind: "visit"; error: RpcError };

/** Of a request whose client is asked these; undefined where its session ends with this process. */
export function continuationOf(held: Held, inputs: readonly Input[]): JsonObject | undefined {
  const { at, id, lastEventId, progressToken } = held;
  const session = at.current();
  return session && { session, id, lastEventId, progressToken, inputs };
}

/** Of a request that is sent again once the address that its error names was visited. */
export const afterVisit = (error: RpcError): JsonObject => ({ visit: error });

/** What was written so; undefined for anything else. */
export function readContinuation(value: JsonObject): Continuation | undefined {
  const { visit, session, id, lastEventId, progressToken, inputs } = value;
  if (isObject(visit)) return { kind: "visit", error: visit as unknown as RpcError };
  if (!isObject(session) || typeof id !== "string" || !Array.isArray(inputs)) return undefined;
  return {
    kind: "open",
    session: session as unknown as SavedSession,
    id,
    ...(typeof lastEventId === "string" ? { lastEventId } : {}),
    progressToken,
    inputs: inputs.map((input) => objectOf(input) as unknown as Input),
  };
}
