// The modern era (MCP 2026-07-28): requests that stand for themselves, and subscriptions that last.
import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { type Cooldowns, createCooldowns } from "../../timing/cooldowns.ts";
import { createDrains, type Drains } from "../http/drain.ts";
import { answerIn, readAnswer } from "../http/read-answer.ts";
import { readRefused, refusalIn } from "../http/refusal.ts";
import { sendHttp } from "../http/send.ts";
import { telling } from "../http/tell.ts";
import type { Ids } from "../jsonrpc/id.ts";
import {
  exactParams,
  type NotificationMessage,
  type RequestMessage,
  request as requestMessage,
} from "../jsonrpc/message.ts";
import { type Answer, answered, errorIn } from "../protocol/answer.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import { META_VERSION, metaOf } from "../protocol/meta.ts";
import { createIdempotent, type Idempotent } from "../protocol/repeat-idempotent.ts";
import { LISTEN } from "../protocol/subscription.ts";
import type { Call, OnMessage, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { HEADER_MISMATCH } from "../protocol/versions.ts";
import { mirroredHeaders, versionOf } from "./mirrored-headers.ts";
import { createToolCatalogue, type ToolCatalogue } from "./tool-catalogue.ts";

/** How long the tools are not listed again after a new list did not mend a tool's headers at first, in ms. */
const WRONG_HEADERS_MS = 10_000;

/** What belongs to one modern server, for the functions that work on it. */
interface Server {
  readonly endpoint: Endpoint;
  /** Ends the streams of the requests under way. */
  readonly underWay: Set<AbortController>;
  readonly idempotent: Idempotent;
  readonly catalogue: ToolCatalogue;
  /** Tools whose headers stay wrong, whatever the list says. */
  readonly wrongHeaders: Cooldowns;
  readonly drains: Drains;
}

/**
 * A modern server (MCP 2026-07-28) over Streamable HTTP: no session, each request stands for itself. Adds the headers that
 * mirror the body, leaves tools with invalid header parameters out of lists, and asks again in a version that the server
 * speaks. Closing a request's stream cancels it (MCP 2026-07-28 "Cancellation").
 */
export function createStatelessHttp(endpoint: Endpoint, ids: Ids): Transport {
  const server: Server = {
    endpoint,
    underWay: new Set(),
    idempotent: createIdempotent(endpoint, ids),
    catalogue: createToolCatalogue(endpoint, ids),
    wrongHeaders: createCooldowns(WRONG_HEADERS_MS),
    drains: createDrains(),
  };
  return {
    request: (call) => request(server, call),
    notify: (message) => notify(endpoint, message),
    // A modern server asks nothing: what it wants to know stands in its results.
    async respond() {},
    async close() {
      for (const abort of server.underWay) abort.abort(streamCut(hostOf(endpoint.url)));
    },
  };
}

async function request(server: Server, call: Call): Promise<Answer> {
  const { idempotent, catalogue } = server;
  const { message } = call;
  const answer = await mended(server, call, await idempotent.send(call, (made) => send(server, made)));
  if (message.method !== "tools/list" || answer.kind === "refused") return answer;
  idempotent.learn(answer.message);
  return answered(catalogue.take(answer.message));
}

/** An answer, or that to the same request in another version or with the headers that the server missed. */
async function mended(server: Server, call: Call, answer: Answer): Promise<Answer> {
  if (answer.kind === "response" && !answer.message.error) return answer;
  const { message } = call;
  const verdict = judge({ era: "modern", method: message.method, proven: true, ...asked(message) }, answer);
  if (verdict.kind === "other_version")
    return send(server, { ...call, message: inVersion(message, verdict.versions[0]) });
  return verdict.kind === "headers_missing" ? withNewHeaders(server, call, answer) : answer;
}

/** The answer to the same call with the headers that the list of tools names by now. */
async function withNewHeaders(server: Server, call: Call, answer: Answer): Promise<Answer> {
  const { catalogue, wrongHeaders, endpoint } = server;
  const tool = String(call.message.params.name);
  // The list is long, and did not help the last time.
  if (wrongHeaders.isOn(tool)) return answer;
  await catalogue
    .relearn(call.message.params._meta, (tools) => send(server, { ...call, message: tools }))
    .catch(() => endpoint.log("the tools could not be listed"));
  const again = await send(server, call);
  if (errorIn(again)?.code === HEADER_MISMATCH) wrongHeaders.start(tool);
  else wrongHeaders.end(tool);
  return again;
}

/** Sends one request as it is. */
async function send(server: Server, call: Call): Promise<Answer> {
  const { signal } = call;
  const abort = new AbortController();
  const onCancel = () => abort.abort(signal.reason);
  if (signal.aborted) throw signal.reason;
  signal.addEventListener("abort", onCancel, { once: true });
  server.underWay.add(abort);
  try {
    return await exchange(server, call, abort);
  } finally {
    signal.removeEventListener("abort", onCancel);
    server.underWay.delete(abort);
  }
}

async function exchange(
  server: Server,
  { message, onMessage }: Call,
  abort: AbortController,
): Promise<Answer> {
  const { endpoint, catalogue, drains } = server;
  const isTool = message.method === "tools/call";
  const toolHeaders = isTool ? await catalogue.headersOf(String(message.params.name)) : [];
  const response = await sendHttp(endpoint, {
    method: "POST",
    body: message.text,
    headers: mirroredHeaders(message, toolHeaders),
    signal: abort.signal,
    abort,
    ...(message.method === LISTEN ? { bodyTimeoutMs: Number.POSITIVE_INFINITY } : {}),
  });
  if (response.status >= 300) return readRefused(response);
  const call = { message, onMessage: withoutRequests(endpoint, onMessage) };
  const reading = await readAnswer(response, { endpoint, call, cursor: {}, abort, drains });
  const answer = answerIn(reading, response);
  if (answer) return answer;
  throw streamCut(hostOf(endpoint.url));
}

const withoutRequests =
  ({ log }: Endpoint, to: OnMessage): OnMessage =>
  async (message) => {
    if (message.kind === "notification") return to(message);
    log(`dropped ${message.method}: a server of this era asks in its results only`);
  };

/**
 * Sends a notification that the protocol does not know. The one that it knows has no place on HTTP: what is under way is
 * cancelled by closing its stream, and what was answered by nothing (MCP 2026-07-28 "Sending Messages"). Never rejects.
 */
async function notify(endpoint: Endpoint, message: NotificationMessage): Promise<void> {
  if (message.method === "notifications/cancelled") return;
  const headers = mirroredHeaders(message, []);
  const sent = sendHttp(endpoint, { method: "POST", body: message.text, headers });
  await telling(message.method, sent.then(refusalIn), endpoint);
}

/** What a client asked in a version not known here is for it to ask again: whether it knows another cannot be told. */
function asked(message: RequestMessage): { version?: string } {
  const version = versionOf(message);
  return version === undefined ? {} : { version };
}

function inVersion(message: RequestMessage, version: string | undefined): RequestMessage {
  const _meta = { ...metaOf(message), [META_VERSION]: version };
  return requestMessage(message.id, message.method, { ...exactParams(message), _meta });
}
