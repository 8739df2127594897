import type { HttpResponse } from "../http/body.ts";
import type { HttpRequest, RefusedBody } from "../http/layers/layer.ts";
import { refusedIn } from "../http/refusal.ts";
import { sendHttp } from "../http/send.ts";
import type { StreamCursor } from "../http/sse.ts";
import type { Text } from "../jsonrpc/bytes.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { namesLoss } from "../protocol/verdict.ts";

/** How long the farewell (`DELETE`) may take, in ms. */
const FAREWELL_MS = 700;

/** What tells the server which session a request is of; both absent before the handshake. */
export interface SessionHeaders {
  readonly id?: string;
  readonly version?: string;
}

/** The headers of a request in a session, beside its own. */
function headersOf(
  { id, version }: SessionHeaders,
  own: Record<string, string> = {},
): Record<string, string> {
  const headers = { ...own };
  if (id !== undefined) headers["mcp-session-id"] = id;
  if (version !== undefined) headers["mcp-protocol-version"] = version;
  return headers;
}

const POST_HEADERS = {
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
};

/**
 * One message to the server (MCP 2025-11-25 "Sending Messages to the Server").
 *
 * @param end what ends the request; a controller where that is for this request alone
 * @param cancelled aborted once nobody waits for it: it is not sent again then
 */
export const postMessage = (
  endpoint: Endpoint,
  session: SessionHeaders,
  text: Text,
  end: AbortController | AbortSignal,
  cancelled?: AbortSignal,
): Promise<HttpResponse> => {
  const [abort, signal] = "signal" in end ? [end, end.signal] : [undefined, end];
  const request: HttpRequest = {
    method: "POST",
    url: endpoint.url,
    body: text,
    headers: postHeaders(session),
    signal,
  };
  if (abort) request.abort = abort;
  if (cancelled) request.cancelled = cancelled;
  if (session.id !== undefined) request.isNoMatterOfTokens = speaksOfSession;
  return sendHttp(endpoint, request);
};

/** Those of each session, made once. */
const posting = new WeakMap<SessionHeaders, Record<string, string>>();

function postHeaders(session: SessionHeaders): Record<string, string> {
  let headers = posting.get(session);
  if (!headers) {
    headers = Object.freeze(headersOf(session, POST_HEADERS));
    posting.set(session, headers);
  }
  return headers;
}

/** One message to a server of the HTTP+SSE transport, at the address that its stream named (MCP 2024-11-05). */
export const postBeside = (
  endpoint: Endpoint,
  url: string,
  text: Text,
  signal: AbortSignal,
  cancelled?: AbortSignal,
): Promise<HttpResponse> =>
  sendHttp(endpoint, {
    method: "POST",
    url,
    body: text,
    headers: { "content-type": "application/json" },
    signal,
    ...(cancelled ? { cancelled } : {}),
    isNoMatterOfTokens: speaksOfSession,
  });

/** Whether a refusal speaks of the session, not of the token: a challenge would say otherwise. */
function speaksOfSession(refusal: RefusedBody): boolean {
  return !refusal.headers.has("www-authenticate") && namesLoss(refusedIn(refusal));
}

/** Asks for a stream, from where the cursor is (MCP 2025-11-25 "Listening for Messages from the Server"). */
export const getStream = (
  endpoint: Endpoint,
  session: SessionHeaders,
  cursor: StreamCursor,
  signal: AbortSignal,
  longestWaitMs?: number,
): Promise<HttpResponse> =>
  sendHttp(endpoint, {
    method: "GET",
    headers: {
      accept: "text/event-stream",
      ...headersOf(session),
      ...(cursor.lastEventId ? { "last-event-id": headerBytes(cursor.lastEventId) } : {}),
    },
    signal,
    ...(session.id === undefined ? {} : { isNoMatterOfTokens: speaksOfSession }),
    ...(longestWaitMs === undefined ? {} : { longestWaitMs }),
  });

/** A header's value is bytes: those of UTF-8, one character each, as `fetch` takes them. */
const headerBytes = (value: string) => Buffer.from(value, "utf8").toString("latin1");

/** Ends the session at the server, where it has one (MCP 2025-11-25 "Session Management"). Never rejects. */
export async function deleteSession(endpoint: Endpoint, session: SessionHeaders): Promise<void> {
  if (session.id === undefined) return;
  const farewell = {
    method: "DELETE",
    headers: headersOf(session),
    signal: AbortSignal.timeout(FAREWELL_MS),
  } as const;
  await sendHttp({ ...endpoint, reconnectMs: 0 }, farewell)
    .then((response) => response.discard())
    .catch(() => {});
}
