// MCP servers by hand: what was asked is read and written down, and a script answers it, right or wrong.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Json } from "../messages.ts";
import { type Serving, serveHttp } from "../net/listen.ts";

/** A request to the endpoint, with what is in it: a JSON-RPC message, or nothing. */
export interface Asked {
  /** The HTTP method. */
  http: string;
  /** The JSON-RPC method; empty for what has none. */
  method: string;
  id?: Json;
  params?: Json;
  result?: Json;
  error?: Json;
  /** As it came. */
  text: string;
  session?: string;
  lastEventId?: string;
  request: IncomingMessage;
  response: ServerResponse;
}

export type Script = (asked: Asked, response: ServerResponse, request: IncomingMessage) => unknown;

export interface Scripted extends Serving {
  url: string;
  /** All that was asked, in order. */
  seen: Asked[];
  /** The same in short: HTTP method, and JSON-RPC method where there is one. */
  requests: string[];
  /** How often a method was asked for. */
  count(method: string): number;
}

export async function serveScript(script: Script, port?: number): Promise<Scripted> {
  const seen: Asked[] = [];
  const requests: string[] = [];
  const serving = await serveHttp((request, response, text) => {
    const asked = read(request, response, text);
    seen.push(asked);
    requests.push(`${asked.http} ${asked.method}`.trim());
    script(asked, response, request);
  }, port);
  return {
    ...serving,
    url: `${serving.origin}/mcp`,
    seen,
    requests,
    count: (method) => seen.filter((asked) => asked.method === method).length,
  };
}

function read(request: IncomingMessage, response: ServerResponse, text: string): Asked {
  const { id, method = "", params, result, error } = text === "" ? ({} as Json) : JSON.parse(text);
  const { "mcp-session-id": session, "last-event-id": lastEventId } = request.headers as Record<
    string,
    string
  >;
  return {
    ...{ http: request.method ?? "", method, id, params, result, error, text, request, response },
    ...(session === undefined ? {} : { session }),
    ...(lastEventId === undefined ? {} : { lastEventId }),
  };
}

/** Answers with JSON; a string stands as it is. */
export const json = (response: ServerResponse, body: unknown, status = 200) =>
  void response
    .writeHead(status, { "content-type": "application/json" })
    .end(typeof body === "string" ? body : JSON.stringify(body));

/** The answer to an id, as text. */
export const result = (id: unknown, text = "ok") => JSON.stringify({ jsonrpc: "2.0", id, result: { text } });

/** Answers a request with a result. */
export const reply = ({ response, id }: Asked, value: object) =>
  json(response, { jsonrpc: "2.0", id, result: value });

/** Answers a request with a JSON-RPC error. */
export const refuse = ({ response, id = null }: Asked, status: number, error: object) =>
  json(response, { jsonrpc: "2.0", id, error }, status);

/** What a tool says. */
export const says = (text: string) => ({ content: [{ type: "text", text }] });

/** Starts an event stream. */
export function stream(response: ServerResponse): ServerResponse {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  return response;
}

/** Texts as events. */
export const sse = (...texts: string[]) => texts.map((text) => `data: ${text}\n\n`).join("");

/** Writes a message into a stream. */
export const event = (response: ServerResponse, message: object) =>
  response.write(sse(JSON.stringify({ jsonrpc: "2.0", ...message })));

/** Writes into a stream again and again, until the peer is gone. */
export function keepSaying(response: ServerResponse, text: string, everyMs: number): void {
  const timer = setInterval(() => {
    if (response.destroyed) return clearInterval(timer);
    if (!response.headersSent) stream(response);
    response.write(text);
  }, everyMs);
}
