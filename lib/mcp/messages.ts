import { parseExactly } from "./exact-json.ts";

/** A JSON-RPC 2.0 id as MCP uses it. */
export type Id = string | number;
export type JsonObject = { [key: string]: unknown };

/** A message and the exact text it came as: what is not understood passes on unchanged. */
export type Message = RequestMessage | NotificationMessage | ResponseMessage;

export interface RequestMessage {
  kind: "request";
  id: Id;
  method: string;
  params: JsonObject;
  /** One line of JSON, no newline. */
  text: string;
}
export interface NotificationMessage {
  kind: "notification";
  method: string;
  params: JsonObject;
  text: string;
}
export interface ResponseMessage {
  kind: "response";
  /** Null for an error to a request whose id the sender could not read. */
  id: Id | null;
  result?: JsonObject;
  error?: RpcError;
  text: string;
}
export interface RpcError {
  code: number;
  message: string;
  data?: unknown;
}

/** Text that is no JSON-RPC message: the error to answer with, and the id when it had one. */
export interface Unreadable {
  kind: "unreadable";
  id: Id | null;
  error: RpcError;
}

export const PARSE_ERROR = -32700;
export const INVALID_REQUEST = -32600;
export const METHOD_NOT_FOUND = -32601;
export const INVALID_PARAMS = -32602;

/** Narrows to a JSON object (neither array nor null). */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is Id => typeof value === "string" || typeof value === "number";

/**
 * Reads one text as JSON-RPC 2.0; an array (a batch, MCP 2025-03-26) gives one entry for each member.
 * Never throws: what cannot be read comes back as `unreadable` with the error to answer.
 */
export function parseMessages(text: string): (Message | Unreadable)[] {
  let value: unknown;
  try {
    value = parseExactly(text);
  } catch {
    return [unreadable(null, PARSE_ERROR, "the line is not valid JSON")];
  }
  if (!Array.isArray(value)) return [classify(value, text)];
  if (value.length === 0) return [unreadable(null, INVALID_REQUEST, "an empty batch is no request")];
  return value.map((member) => classify(member, JSON.stringify(member)));
}

function classify(value: unknown, text: string): Message | Unreadable {
  if (!isObject(value)) return unreadable(null, INVALID_REQUEST, "a message must be a JSON object");
  const { id, method } = value;
  const params = isObject(value.params) ? value.params : {};
  if (typeof method === "string") {
    if (id === undefined) return { kind: "notification", method, params, text: oneLine(text) };
    if (isId(id)) return { kind: "request", id, method, params, text: oneLine(text) };
    return unreadable(null, INVALID_REQUEST, "a request's id must be a string or a number");
  }
  const known = isId(id) ? id : null;
  if (isRpcError(value.error))
    return { kind: "response", id: known, error: value.error, text: oneLine(text) };
  if (known !== null && isObject(value.result))
    return { kind: "response", id: known, result: value.result, text: oneLine(text) };
  return unreadable(
    known,
    INVALID_REQUEST,
    "the message is neither a request, a notification nor a response",
  );
}

const isRpcError = (value: unknown): value is JsonObject & RpcError =>
  isObject(value) && typeof value.code === "number" && typeof value.message === "string";

const unreadable = (id: Id | null, code: number, message: string): Unreadable => ({
  kind: "unreadable",
  id,
  error: { code, message },
});

/** A raw newline can stand only between JSON tokens, so a space in its place changes nothing. */
const oneLine = (text: string) =>
  text.includes("\n") || text.includes("\r") ? text.replace(/[\r\n]+/g, " ").trim() : text;

export function request(id: Id, method: string, params: JsonObject): RequestMessage {
  return {
    kind: "request",
    id,
    method,
    params,
    text: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
  };
}

export function notification(method: string, params: JsonObject = {}): NotificationMessage {
  return { kind: "notification", method, params, text: JSON.stringify({ jsonrpc: "2.0", method, params }) };
}

export function resultResponse(id: Id, result: JsonObject): ResponseMessage {
  return { kind: "response", id, result, text: JSON.stringify({ jsonrpc: "2.0", id, result }) };
}

export function errorResponse(id: Id | null, error: RpcError): ResponseMessage {
  return { kind: "response", id, error, text: JSON.stringify({ jsonrpc: "2.0", id, error }) };
}

/** The same answer under another id (a request was sent on under an id of our own). */
export function withId(response: ResponseMessage, id: Id): ResponseMessage {
  if (response.id === id) return response;
  return response.error ? errorResponse(id, response.error) : resultResponse(id, response.result ?? {});
}
