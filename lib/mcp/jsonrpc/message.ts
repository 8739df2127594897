import { isObject, type JsonObject } from "../../json.ts";
import { asString, LONG_BYTES, type Text } from "./bytes.ts";
import { mayBeInexact, parseExactly } from "./exact-json.ts";

/** A JSON-RPC 2.0 id as MCP uses it. */
export type Id = string | number;

/** A message and the exact text it came as: what is not understood passes on unchanged. */
export type Message = RequestMessage | NotificationMessage | ResponseMessage;

export interface RequestMessage {
  kind: "request";
  id: Id;
  method: string;
  readonly params: JsonObject;
  /** One line of JSON, no newline. */
  text: Text;
}
export interface NotificationMessage {
  kind: "notification";
  method: string;
  readonly params: JsonObject;
  text: Text;
}
export interface ResponseMessage {
  kind: "response";
  /** Null for an error to a request whose id the sender could not read. */
  id: Id | null;
  readonly result?: JsonObject;
  readonly error?: RpcError;
  text: Text;
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

const isId = (value: unknown): value is Id => typeof value === "string" || typeof value === "number";

/**
 * Reads one text as JSON-RPC 2.0; an array (a batch, MCP 2025-03-26) gives one entry for each member.
 * Never throws: what cannot be read comes back as `unreadable` with the error to answer.
 */
export function parseMessages(text: Text): (Message | Unreadable)[] {
  let value: unknown;
  try {
    value = JSON.parse(asString(text));
  } catch {
    return [unreadable(null, PARSE_ERROR, "the line is not valid JSON")];
  }
  if (!Array.isArray(value)) return [classify(value, text)];
  if (value.length === 0) return [unreadable(null, INVALID_REQUEST, "an empty batch is no request")];
  return value.map((member) => classify(member, JSON.stringify(member)));
}

function classify(value: unknown, text: Text): Message | Unreadable {
  if (!isObject(value)) return unreadable(null, INVALID_REQUEST, "a message must be a JSON object");
  const { id, method } = value;
  if (typeof method === "string") {
    const params = paramsOf(value);
    if (id === undefined) return light({ kind: "notification", method, params, text: oneLine(text) });
    if (isId(id)) return light({ kind: "request", id, method, params, text: oneLine(text) });
    return unreadable(null, INVALID_REQUEST, "a request's id must be a string or a number");
  }
  const known = isId(id) ? id : null;
  if (isRpcError(value.error))
    return { kind: "response", id: known, error: value.error, text: oneLine(text) };
  if (known !== null && isObject(value.result))
    return light({ kind: "response", id: known, result: value.result, text: oneLine(text) });
  return unreadable(
    known,
    INVALID_REQUEST,
    "the message is neither a request, a notification nor a response",
  );
}

const paramsOf = (value: JsonObject) => (isObject(value.params) ? value.params : {});

/** A long message does not keep what was parsed beside its text: most of it passes on unread. */
function light<Read extends Message>(message: Read): Read {
  if (message.text.length < LONG_BYTES) return message;
  const parsed = message.kind === "response" ? message.result : message.params;
  if (parsed === undefined) return message;
  const member = message.kind === "response" ? "result" : "params";
  const get = rereading(message.text, member, parsed);
  return Object.defineProperty({ ...message }, member, { enumerable: true, get });
}

/** Yields a member of a message, read again from the text when nothing else has kept it. */
function rereading(text: Text, member: "params" | "result", parsed: JsonObject): () => JsonObject {
  let known = new WeakRef(parsed);
  return () => {
    const kept = known.deref();
    if (kept) return kept;
    const value = JSON.parse(asString(text))[member];
    const fresh = isObject(value) ? value : {};
    known = new WeakRef(fresh);
    return fresh;
  };
}

/**
 * The params, or the result, with each number as it stands in the text: for a message that is built anew from them.
 * One that a double cannot hold is an object that `JSON.stringify` turns back into its text.
 */
export const exactParams = (message: RequestMessage | NotificationMessage): JsonObject =>
  exactMember(message.text, "params") ?? message.params;

export const exactResult = (message: ResponseMessage): JsonObject =>
  exactMember(message.text, "result") ?? message.result ?? {};

function exactMember(text: Text, member: "params" | "result"): JsonObject | undefined {
  const json = asString(text);
  const read = mayBeInexact(json) ? parseExactly(json) : undefined;
  return isObject(read) && isObject(read[member]) ? read[member] : undefined;
}

const isRpcError = (value: unknown): value is JsonObject & RpcError =>
  isObject(value) && typeof value.code === "number" && typeof value.message === "string";

const unreadable = (id: Id | null, code: number, message: string): Unreadable => ({
  kind: "unreadable",
  id,
  error: { code, message },
});

const LF = 10;
const CR = 13;

/** A raw newline can stand only between JSON tokens, so a space in its place changes nothing. */
function oneLine(text: Text): Text {
  const broken =
    typeof text === "string"
      ? text.includes("\n") || text.includes("\r")
      : text.includes(LF) || text.includes(CR);
  return broken
    ? asString(text)
        .replace(/[\r\n]+/g, " ")
        .trim()
    : text;
}

export function request(id: Id, method: string, params: JsonObject): RequestMessage {
  const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
  return light({ kind: "request", id, method, params, text });
}

export function notification(method: string, params: JsonObject = {}): NotificationMessage {
  return { kind: "notification", method, params, text: JSON.stringify({ jsonrpc: "2.0", method, params }) };
}

export function resultResponse(id: Id, result: JsonObject): ResponseMessage {
  return light({ kind: "response", id, result, text: JSON.stringify({ jsonrpc: "2.0", id, result }) });
}

export function errorResponse(id: Id | null, error: RpcError): ResponseMessage {
  return { kind: "response", id, error, text: JSON.stringify({ jsonrpc: "2.0", id, error }) };
}

/** The same answer under another id (a request was sent on under an id of our own). */
export function withId(response: ResponseMessage, id: Id): ResponseMessage {
  if (response.id === id) return response;
  return response.error ? errorResponse(id, response.error) : resultResponse(id, response.result ?? {});
}
