// JSON-RPC 2.0: its messages, read and built without losing a byte or a digit.
import { isDeeper, isObject, type JsonObject } from "../../json.ts";
import { asString, type Text } from "./bytes.ts";
import { mayBeInexact, mayBeSpelledOtherwise, parseExactly, parseSpelled } from "./exact-json.ts";
import { type Id, idOf } from "./id.ts";
import { withLazyMember } from "./lazy-member.ts";
import { memberSource } from "./source-text.ts";

/** A message and the exact text it came as: what is not understood passes on unchanged. */
export type Message = RequestMessage | NotificationMessage | ResponseMessage;

export interface RequestMessage {
  kind: "request";
  id: Id;
  method: string;
  readonly params: JsonObject;
  /** The `_meta` of a long message whose params were not read. */
  readonly meta?: JsonObject;
  /** One line of JSON, no newline. */
  text: Text;
  /** Of a question to the client: all that another process needs to go on once it is answered. */
  readonly continuation?: JsonObject;
}
export interface NotificationMessage {
  kind: "notification";
  method: string;
  readonly params: JsonObject;
  text: Text;
}
export interface ResponseMessage {
  kind: "response";
  /** Null for an error to a request whose id the sender could not read, or for an answer that names none. */
  id: Id | null;
  /** Empty where the result is no object. */
  readonly result?: JsonObject;
  readonly error?: RpcError;
  text: Text;
  /** Of an answer that asks the client something: all that another process needs to go on with its retry. */
  readonly continuation?: JsonObject;
}
export interface RpcError {
  code: number;
  message: string;
  data?: unknown;
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;
export const INTERNAL_ERROR = -32603;

/** @throws RangeError where the params are nested too deep: see `isTooDeep` */
export function request(id: Id, method: string, params: JsonObject): RequestMessage {
  if (isDeeper(params, DEEPEST)) throw new RangeError(TOO_DEEP.message);
  return ownRequest(id, method, params);
}

/** The same of params that are our own, or were looked at before: so many starts need no more than that. */
export function ownRequest(id: Id, method: string, params: JsonObject): RequestMessage {
  const text = `{"jsonrpc":"2.0","id":${id},${JSON.stringify({ method, params }).slice(1)}`;
  return withLazyMember({ kind: "request", id, method, params, text }, "params", params);
}

/** @throws RangeError where the params are nested too deep: see `isTooDeep` */
export function notification(method: string, params: JsonObject = {}): NotificationMessage {
  return { kind: "notification", method, params, text: jsonOf({ jsonrpc: "2.0", method, params }) };
}

/** An answer with this result; one that is nested so deep that it can be read but not be written anew is an error. */
export function resultResponse(id: Id, result: JsonObject): ResponseMessage {
  const json = unlessTooDeep(result);
  if (json === undefined) return errorResponse(id, TOO_DEEP);
  const text = `{"jsonrpc":"2.0","id":${id},"result":${json}}`;
  return withLazyMember({ kind: "response", id, result, text }, "result", result);
}

/** An error as an answer; its code and message alone where its data is nested too deep to be written. */
export function errorResponse(id: Id | null, error: RpcError): ResponseMessage {
  const json = unlessTooDeep(error) ?? JSON.stringify({ code: error.code, message: error.message });
  return { kind: "response", id, error, text: `{"jsonrpc":"2.0","id":${id},"error":${json}}` };
}

/** What is told of a message that is nested so deep that it cannot be written anew. */
export const TOO_DEEP: RpcError = {
  code: INVALID_REQUEST,
  message: "the message is nested too deep to be put into the words of the other version",
  data: { source: "m2mcp", code: "too_deep" },
};

/**
 * Levels of what is written anew. From some 26,000 on the runtime's writer compares each object with all around it, for
 * seconds in which nothing else is done, and then gives up.
 */
const DEEPEST = 21_000;

/** Whether a value is nested deeper than what is written anew, with some room for what is put around it. */
export const isDeeperThanWritten = (value: unknown): boolean => isDeeper(value, DEEPEST - 10);

/** A value from outside as JSON. @throws RangeError where it is nested too deep: see `isTooDeep` */
export function jsonOf(value: object): string {
  if (isDeeper(value, DEEPEST)) throw new RangeError(TOO_DEEP.message);
  return JSON.stringify(value);
}

/** Whether a value was met that is nested so deep that it cannot be gone through. */
export const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError && (error.message === TOO_DEEP.message || error.message.includes("call stack"));

function unlessTooDeep(value: object): string | undefined {
  try {
    return jsonOf(value);
  } catch (error) {
    if (isTooDeep(error)) return undefined;
    throw error;
  }
}

/** The same answer under another id (a request was sent on under an id of our own, or the server wrote it otherwise). */
export function withId(response: ResponseMessage, id: Id): ResponseMessage {
  if (response.id === id) return response;
  return response.error ? errorResponse(id, response.error) : resultResponse(id, exactResult(response));
}

/** The same request under another id. */
export const requestWithId = (message: RequestMessage, id: Id): RequestMessage =>
  message.id === id ? message : request(id, message.method, exactParams(message));

/**
 * The params, or the result, with each number as it stands in the text: for a message that is built anew from them.
 * One that a double cannot hold is an object that `JSON.stringify` turns back into its text.
 */
export const exactParams = (message: RequestMessage | NotificationMessage): JsonObject =>
  exactMember(message.text, "params") ?? message.params;

/** See `exactParams`; empty where there is an error in its place. */
export const exactResult = (message: ResponseMessage): JsonObject =>
  exactMember(message.text, "result") ?? message.result ?? {};

/** The result with each number spelled as the server has it, for those who want to see just that. */
export function spelledResult(message: ResponseMessage): JsonObject {
  const json = asString(message.text);
  const read = mayBeSpelledOtherwise(json) ? parseSpelled(json) : undefined;
  return isObject(read) && isObject(read.result) ? read.result : (message.result ?? {});
}

/** The id that a `notifications/cancelled` names, as it is written there. */
export function requestIdOf({ params, text }: NotificationMessage): Id | undefined {
  if (typeof params.requestId !== "number") return idOf(params.requestId);
  const source = memberSource(asString(text), "params");
  return source && memberSource(source, "requestId");
}

/** A member with each number as it stands in the text; undefined where none would be lost, and where it is no object. */
export function exactMember(text: Text, member: "params" | "result"): JsonObject | undefined {
  const json = asString(text);
  const read = mayBeInexact(json) ? parseExactly(json) : undefined;
  return isObject(read) && isObject(read[member]) ? read[member] : undefined;
}
