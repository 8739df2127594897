// An address on loopback behind which servers can be exchanged while it runs, and where every request is counted.
import { createServer, type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { json } from "../net/json.ts";
import { close, listen } from "../net/listen.ts";

/** What answers: another server, by its address, or a function. */
export type Behind = string | Answering;
export type Answering = (request: IncomingMessage, response: ServerResponse, body: Body) => void;
export type Body = { id?: string | number; method?: string; params?: Record<string, unknown> } | undefined;

export interface Front {
  url: string;
  origin: string;
  /** What came, in order: HTTP method, and JSON-RPC method where there is one. */
  requests: string[];
  bodies: Body[];
  /** Puts another server behind; streams of the one before end. @param path where it is reached, when not everywhere */
  put(behind: Behind, path?: string): void;
  stop(): Promise<void>;
}

export async function startFront(first: Behind): Promise<Front> {
  const requests: string[] = [];
  const bodies: Body[] = [];
  let everywhere = first;
  const places = new Map<string, Behind>();
  const http = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const raw = Buffer.concat(parts);
    const body: Body = raw.length > 0 ? JSON.parse(raw.toString("utf8")) : undefined;
    requests.push(`${request.method} ${body?.method ?? ""}`.trim());
    bodies.push(body);
    const behind = places.get(request.url ?? "") ?? everywhere;
    if (typeof behind === "string") passOn(behind, request, response, raw);
    else behind(request, response, body);
  });
  const origin = `http://127.0.0.1:${await listen(http)}`;
  return {
    url: `${origin}/mcp`,
    origin,
    requests,
    bodies,
    put(behind, path) {
      if (path === undefined) everywhere = behind;
      else places.set(path, behind);
      http.closeAllConnections();
    },
    stop: () => close(http),
  };
}

/** Lets another server answer. */
export function passOn(
  to: string,
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
): void {
  const { hostname, port, pathname } = new URL(to);
  // A place of its own for one server is its endpoint there.
  const path = request.url?.endsWith("/mcp") ? pathname : request.url;
  const { connection: _connection, ...headers } = request.headers;
  const onward = send({
    hostname,
    port,
    path,
    method: request.method,
    headers: { ...headers, host: `${hostname}:${port}` },
  });
  onward.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
    answer.on("error", () => response.destroy());
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  onward.end(body);
}

/** Answers with a JSON-RPC error. */
export const refuse = (response: ServerResponse, body: Body, status: number, error: object): void =>
  json(response, status, { jsonrpc: "2.0", id: body?.id ?? null, error });
