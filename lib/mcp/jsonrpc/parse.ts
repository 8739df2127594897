import { isObject, type JsonObject, objectOf } from "../../json.ts";
import { asString, oneLine, type Text } from "./bytes.ts";
import { readHollow } from "./hollow-message.ts";
import { hasNoHollow } from "./hollow-text.ts";
import { type Id, idOf, idSource } from "./id.ts";
import { withLazyMember } from "./lazy-member.ts";
import {
  exactMember,
  INTERNAL_ERROR,
  INVALID_REQUEST,
  jsonOf,
  type Message,
  type NotificationMessage,
  PARSE_ERROR,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
} from "./message.ts";
import { memberSource, partsOf } from "./source-text.ts";
import { isTooHeavy } from "./weight.ts";

/** Text that is no JSON-RPC message: the error to answer with, the id when it had one, and whether it asks nothing. */
export interface Unreadable {
  kind: "unreadable";
  id: Id | null;
  error: RpcError;
  isAnswer?: boolean;
}

/**
 * Who wrote the text. A client's is taken as JSON-RPC 2.0 has it; of a server's, what its serializer got wrong is put
 * right, since hosts are strict: `error: null` beside a result, no `jsonrpc`, a notification with `id: null`, an error's code
 * of 1.5. A result that is no object is none (MCP "Responses"): strict hosts would wait for another for ever.
 */
export type Sender = "client" | "server";

/**
 * Reads one text as JSON-RPC 2.0; an array (a batch, MCP 2025-03-26) gives one entry for each member.
 * Never throws: what cannot be read comes back as `unreadable` with the error to answer.
 */
export function parseMessages(text: Text, sender: Sender = "client"): (Message | Unreadable)[] {
  if (isTooHeavy(text)) return [unreadable(null, INVALID_REQUEST, "the message holds too many values")];
  try {
    return parse(text, sender);
  } catch (error) {
    if (error instanceof RangeError)
      return [unreadable(null, INVALID_REQUEST, "the message is nested too deep")];
    throw error;
  }
}

/** @throws RangeError where it is nested so deep that it cannot be written anew */
function parse(text: Text, sender: Sender): (Message | Unreadable)[] {
  const hollow = typeof text === "string" ? undefined : readHollow(text, sender);
  if (hollow) return [classify(hollow.value, { text, json: hollow.json, isHollow: true }, sender)];
  const json = asString(text);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return sender === "client"
      ? [unreadable(null, PARSE_ERROR, "the message is not valid JSON")]
      : [unreadable(idSeenIn(json), PARSE_ERROR, "it is not valid JSON")];
  }
  if (!Array.isArray(value)) return [classify(value, { text, json }, sender)];
  if (value.length === 0) return [unreadable(null, INVALID_REQUEST, "an empty batch is no request")];
  const sources = partsOf(json);
  return value.map((member, at) => {
    const own = sources[at] ?? "";
    return classify(member, { text: own, json: own }, sender);
  });
}

/** What a message was read from. */
interface Source {
  text: Text;
  /** As it was parsed. */
  json: string;
  /** What was parsed of params and result is not all of it. @see hollowText */
  isHollow?: true;
}

function classify(value: unknown, source: Source, sender: Sender): Message | Unreadable {
  if (!isObject(value)) return unreadable(null, INVALID_REQUEST, "a message must be a JSON object");
  const id =
    typeof value.id === "string" || typeof value.id === "number" ? idSource(source.json, value.id) : null;
  const error = readError(value, id, sender);
  const hasResult = "result" in value && !error;
  if (sender === "server" && hasResult && value.result !== null && !isObject(value.result))
    return unreadable(id, INVALID_REQUEST, "its result is no JSON object");
  // A server that writes the method beside its answer to it asks nothing.
  const isAnswer = sender === "server" && id !== null && (error || hasResult);
  if (typeof value.method === "string" && !isAnswer)
    return classifyCall(value, value.method, id, source, sender);
  // A serializer that leaves out what is zero leaves out an id, too: who reads it knows whose answer it is.
  const isNobodys = hasResult && sender === "server" && "jsonrpc" in value;
  if (error || (hasResult && id !== null) || isNobodys) return response(value, id, error, source, sender);
  const neither = "the message is neither a request, a notification nor a response";
  return { ...unreadable(id, INVALID_REQUEST, neither), ...("method" in value ? {} : { isAnswer: true }) };
}

function classifyCall(
  value: JsonObject,
  method: string,
  id: Id | null,
  { text, isHollow }: Source,
  sender: Sender,
): Message | Unreadable {
  const params = isObject(value.params) ? value.params : {};
  const isNotification = value.id === undefined || (value.id === null && sender === "server");
  if (!isNotification && id === null)
    return unreadable(null, INVALID_REQUEST, "a request's id must be a string or a number");
  const isExact =
    sender === "client" ||
    (value.jsonrpc === "2.0" && value.id !== null && (value.params === undefined || isObject(value.params)));
  const line = isExact
    ? oneLine(text)
    : `{"jsonrpc":"2.0",${id === null ? "" : `"id":${id},`}${jsonOf({ method, ...(isObject(value.params) ? { params: exactMember(text, "params") ?? params } : {}) }).slice(1)}`;
  if (isNotification || id === null) {
    const read: NotificationMessage = { kind: "notification", method, params, text: line };
    return withLazyMember(read, "params", isHollow ? undefined : params);
  }
  const read: RequestMessage = { kind: "request", id, method, params, text: line };
  if (!isHollow) return withLazyMember(read, "params", params);
  const meta = objectOf(params._meta);
  return withLazyMember(hasNoHollow(meta) ? { ...read, meta } : read, "params", undefined);
}

function response(
  value: JsonObject,
  id: Id | null,
  error: RpcError | undefined,
  { text, json, isHollow }: Source,
  sender: Sender,
): ResponseMessage {
  const isExact = sender === "client" || isExactResponse(value, error);
  const line = isExact ? oneLine(text) : rebuilt(id, error, value, json);
  if (error) return { kind: "response", id, error, text: line };
  const result = isObject(value.result) ? value.result : {};
  const read: ResponseMessage = { kind: "response", id, result, text: line };
  return withLazyMember(read, "result", isHollow ? undefined : result);
}

/** Whether a strict host takes it: `jsonrpc`, an id, one of result and error, no other known member (JSON-RPC 2.0 §5). */
function isExactResponse(value: JsonObject, error: RpcError | undefined): boolean {
  if (value.jsonrpc !== "2.0" || !("id" in value) || "method" in value || "params" in value) return false;
  if ("result" in value && "error" in value) return false;
  return error ? error === value.error : value.result !== null;
}

function rebuilt(id: Id | null, error: RpcError | undefined, { result }: JsonObject, json: string): string {
  if (error) return `{"jsonrpc":"2.0","id":${id},"error":${jsonOf(error)}}`;
  // Of a result that is null, an empty one is as good, and one that strict hosts take.
  const whole = objectOf(exactMember(json, "result") ?? result);
  return `{"jsonrpc":"2.0","id":${id},"result":${jsonOf(whole)}}`;
}

/** The error of a response; of a server's, whatever it wrote in its place. */
function readError({ error, result }: JsonObject, id: Id | null, sender: Sender): RpcError | undefined {
  if (sender === "client") return isError(error) ? error : undefined;
  if (typeof error === "string" && error !== "" && id !== null)
    return { code: INTERNAL_ERROR, message: error };
  if (!isObject(error)) return undefined;
  const { code, message, data } = error;
  // Serializers that know no absent member write an empty one beside the result.
  if (!code && !message && (isObject(result) || (code === undefined && message === undefined)))
    return undefined;
  if (isError(error) && Number.isSafeInteger(code)) return error;
  return {
    code: Number.isSafeInteger(Number(code)) && code !== null ? Number(code) : INTERNAL_ERROR,
    message: typeof message === "string" ? message : "the server gave an error without a message",
    ...(data === undefined ? {} : { data }),
  };
}

const isError = (value: unknown): value is JsonObject & RpcError =>
  isObject(value) && typeof value.code === "number" && typeof value.message === "string";

/** The id in what is nearly JSON, such as a message with `NaN` in it: whose answer cannot be read. */
function idSeenIn(json: string): Id | null {
  try {
    const source = memberSource(json, "id") ?? "";
    return idOf(JSON.parse(source)) === undefined ? null : source;
  } catch {
    return null;
  }
}

const unreadable = (id: Id | null, code: number, message: string): Unreadable => ({
  kind: "unreadable",
  id,
  error: { code, message },
});
