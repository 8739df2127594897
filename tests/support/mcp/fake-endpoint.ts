// An endpoint without a network: a function answers what is sent, and all of it is written down.
import { request } from "../../../lib/mcp/jsonrpc/message.ts";
import type { Answer } from "../../../lib/mcp/protocol/answer.ts";
import type { Endpoint, ServerMemory } from "../../../lib/mcp/protocol/endpoint.ts";
import type { Call, OnMessage } from "../../../lib/mcp/protocol/transport.ts";
import type { Json } from "../messages.ts";
import { events, type WrittenBody, writtenBody } from "./response.ts";

/** A request as the server would see it. */
export interface Sent {
  http: string;
  url: string;
  headers: Headers;
  /** The JSON-RPC method; empty for what has none. */
  method: string;
  id: Json;
  params: Json;
  body: Json;
  /** As it was sent. */
  text: string;
  session: string | null;
  signal: AbortSignal;
}

export type Answering = (sent: Sent) => Response | OpenStream | Promise<Response | OpenStream>;

export interface FakeEndpoint extends Endpoint {
  sent: Sent[];
  /** The same in short: HTTP method, and JSON-RPC method where there is one. */
  requests(): string[];
  count(method: string): number;
  logged: string[];
  /** What is remembered of the server. */
  memory: ServerMemory | undefined;
}

export function fakeEndpoint(answer: Answering, more: Partial<Endpoint> = {}): FakeEndpoint {
  const sent: Sent[] = [];
  const logged: string[] = [];
  const fetching = async (url: string | URL | Request, init: RequestInit = {}) => {
    const request = readSent(String(url), init);
    sent.push(request);
    request.signal.throwIfAborted();
    const given = await untilAborted(Promise.resolve(answer(request)), request.signal);
    if (given instanceof Response) return given;
    request.signal.addEventListener("abort", () => given.fail(request.signal.reason), { once: true });
    return given.response;
  };
  const endpoint: FakeEndpoint = {
    url: "https://server.example/mcp",
    headers: [],
    authorization: { headers: async () => ({}), learn() {} },
    fetch: fetching as typeof fetch,
    cache: {
      read: async () => endpoint.memory,
      async change(change) {
        endpoint.memory = change(endpoint.memory ?? {});
      },
    },
    timeoutMs: 5000,
    reconnectMs: 0,
    extensions: {},
    log: (line) => void logged.push(line),
    ...more,
    sent,
    logged,
    memory: undefined,
    requests: () => sent.map(({ http, method }) => `${http} ${method}`.trim()),
    count: (method) => sent.filter((one) => one.method === method).length,
  };
  return endpoint;
}

function readSent(url: string, { method = "GET", headers, body, signal }: RequestInit): Sent {
  const text = typeof body === "string" ? body : body ? new TextDecoder().decode(body as Uint8Array) : "";
  const message = text === "" ? {} : JSON.parse(text);
  const read = new Headers(headers);
  return {
    http: method,
    url,
    headers: read,
    method: message.method ?? "",
    id: message.id,
    params: message.params,
    body: message,
    text,
    session: read.get("mcp-session-id"),
    signal: signal ?? new AbortController().signal,
  };
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

/** An answer of JSON. */
export const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });
export const result = ({ id }: Sent, value: object = {}) => json({ jsonrpc: "2.0", id, result: value });
export const refuse = ({ id }: Sent, status: number, code: number, message = "no") =>
  json({ jsonrpc: "2.0", id, error: { code, message } }, status);
export const bare = (status: number, text?: string) =>
  new Response(text ?? null, { status, headers: { "content-type": "text/plain" } });

/** A stream of events that a test writes. */
export interface OpenStream extends WrittenBody {
  response: Response;
  /** Writes messages as events, all in one chunk. */
  say(...messages: (object | string)[]): void;
}

export function openStream(headers: Record<string, string> = {}): OpenStream {
  const written = writtenBody();
  return {
    ...written,
    response: new Response(written.body, { headers: { "content-type": "text/event-stream", ...headers } }),
    say: (...messages) => written.write(events(...messages)),
  };
}

/** A stream that says this and ends. */
export function closedStream(...messages: (object | string)[]): OpenStream {
  const stream = openStream();
  stream.say(...messages);
  stream.end();
  return stream;
}

/** A request as a host hands it to a transport. */
export const callOf = (
  method: string,
  {
    id = "1",
    params = {},
    signal = new AbortController().signal,
    onMessage = async () => {},
  }: { id?: string; params?: object; signal?: AbortSignal; onMessage?: OnMessage } = {},
): Call => ({ message: request(id, method, { ...params }), signal, onMessage });

/** What an answer is, in short: its result's text, or what is wrong. */
export function inShort(answer: Answer): unknown {
  if (answer.kind === "refused") return `refused ${answer.status}`;
  return answer.message.error?.message ?? answer.message.result?.text ?? answer.message.result;
}

/** What a host needs to hand an answer on: some promises, and no turn of the event loop. */
export async function hostSteps(): Promise<void> {
  for (let step = 0; step < 30; step++) await Promise.resolve();
}
