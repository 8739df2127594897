import { isObject, type JsonObject, objectOf } from "../../../json.ts";

/** A round of questions of which one is open: what another process needs to go on once that is answered. */
export interface Continuation {
  /** What the server wants back as it was; absent where it gave none. */
  requestState?: unknown;
  /** Answers so far. */
  responses: JsonObject;
  /** The question that is open. */
  key: string;
  /** The server's `inputRequests` that come after it. */
  rest: JsonObject;
}

/** As a value of JSON that may leave this process. */
export const continuationValue = ({ requestState, responses, key, rest }: Continuation): JsonObject => ({
  ...(requestState === undefined ? {} : { requestState }),
  responses,
  key,
  rest,
});

/** What was written so; undefined for anything else. */
export function readContinuation(value: JsonObject): Continuation | undefined {
  const { requestState, responses, key, rest } = value;
  if (typeof key !== "string" || !isObject(responses)) return undefined;
  return { ...(requestState === undefined ? {} : { requestState }), responses, key, rest: objectOf(rest) };
}
